import type { AssembledBatch, BatchRequest } from './assembler.ts';
import { CardinalError, messageOf } from '../base/errors.ts';
import { threadScript } from '../node/package-files.ts';
import { assemblerOf } from '../node/data/assembler.ts';
import type { GivenUp, WorkerSetup } from './pool-messages.ts';
import { PoolWorker } from './pool-worker.ts';

/** Something that fills batches: workers, or the calling thread. */
export interface AssemblyPool {
  assemble(request: BatchRequest, input: Float32Array, target: Float32Array): Promise<AssembledBatch>;
  dispose(): Promise<void>;
}

/** Assembles in the calling thread, one batch at a time: what the workers do, without them. */
export function localPool(setup: WorkerSetup): AssemblyPool {
  const assembler = assemblerOf(setup);
  return {
    assemble: (request, input, target) => assembler.assemble(request, input, target),
    dispose: () => Promise.resolve(),
  };
}

/**
 * Worker threads that assemble batches. Jobs are handed out when they are asked for, so the workers go on while the main
 * thread is busy. An idle pool does not keep the process alive; one that owes a batch does.
 *
 * A thread in which a picture takes too long is ended and replaced, and the picture counts as unreadable in all of them; so is one
 * that ends by itself, a few times.
 */
export function workerPool(
  setup: WorkerSetup,
  size: number,
  script: URL = threadScript('data/loader-worker'),
): AssemblyPool {
  const workers: PoolWorker[] = [];
  const givenUp: GivenUp[] = [];
  let lost = 0;
  const common = {
    script,
    setup: () => ({ ...setup, givenUp }),
    giveUp: (sample: GivenUp) => {
      givenUp.push(sample);
      for (const worker of workers) worker.giveUp(sample);
    },
    mayReplace: () => ++lost <= mostLost,
  };
  try {
    while (workers.length < size) workers.push(new PoolWorker(common));
  } catch (error) {
    for (const worker of workers) void worker.stop();
    throw new CardinalError(
      `data worker ${workers.length + 1} of ${size} cannot be started: ${messageOf(error)}; take fewer workers`,
      { cause: error },
    );
  }
  let lastId = 0;
  return {
    assemble: (request, input, target) => {
      const idlest = workers.reduce((best, worker) => (worker.jobs < best.jobs ? worker : best));
      return idlest.run({ id: ++lastId, request, input, target });
    },
    dispose: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** Threads of a pool that may end by themselves before it is an error: what killed one may not come again. */
const mostLost = 3;
