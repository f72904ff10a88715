import { Worker } from 'node:worker_threads';

import type { AssembledBatch, BatchRequest } from '../../data/assemble.ts';
import { CardinalError, DisposedError, messageOf } from '../../base/errors.ts';
import { threadError } from '../files.ts';
import { threadScript } from '../package-files.ts';
import { assemblerOf } from './assembler.ts';
import type { WorkerJob, WorkerReply, WorkerSetup } from './messages.ts';

export const DISPOSED = 'the data loader was disposed of; make another to use it';

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

interface Waiting {
  readonly resolve: (batch: AssembledBatch) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Worker threads that assemble batches. Jobs are handed out when they are asked for, so the workers go on while the main
 * thread is busy. An idle pool does not keep the process alive; one that owes a batch does.
 */
export function workerPool(setup: WorkerSetup, size: number): AssemblyPool {
  const workers: PoolWorker[] = [];
  try {
    while (workers.length < size) workers.push(new PoolWorker(setup));
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

class PoolWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #ended: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(threadScript('data/loader-worker'), { workerData: setup });
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => {
      this.#settle(reply);
    });
    this.#worker.on('error', (error) => {
      this.#end(threadError('a thread that reads pictures', error));
    });
    this.#worker.on('exit', (code) => {
      this.#end(new Error(`a data worker ended unexpectedly with code ${code}`));
    });
  }

  get jobs(): number {
    return this.#waiting.size;
  }

  run(job: WorkerJob): Promise<AssembledBatch> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.set(job.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(job);
    });
  }

  async stop(): Promise<void> {
    this.#end(new DisposedError(DISPOSED));
    // Else the process may end, with whoever awaits this, before the thread has.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #settle(reply: WorkerReply): void {
    // An answer that comes while the worker is stopped is nobody's any more.
    if (this.#ended) return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('result' in reply) waiting?.resolve(reply.result);
    else waiting?.reject(reply.forUser ? new CardinalError(reply.error) : new Error(reply.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}
