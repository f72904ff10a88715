import { CardinalError, messageOf } from '../base/errors.ts';
import type { Assembler, BatchRequest } from './assembler.ts';
import { PoolPlace, type StartDecoderThread } from './pool-place.ts';
import type { FilledBatch, GivenUp, WorkerSetup } from './pool-messages.ts';

/** Something that decodes pictures and fills batches with them: threads, or the calling one. */
export interface DecoderPool {
  /**
   * Fills `input` (N×H×W×C) and `target` (N×K). Threads have them handed over unless their memory is shared, and what comes back are
   * other views of it then.
   */
  assemble(request: BatchRequest, input: Float32Array, target: Float32Array): Promise<FilledBatch>;
  dispose(): Promise<void>;
}

/** Assembles in the calling thread, one batch at a time: what the threads do, without them. */
export function localPool(assembler: Assembler): DecoderPool {
  return {
    assemble: async (request, input, target) => ({
      ...(await assembler.assemble(request, input, target)),
      input,
      target,
    }),
    dispose: () => Promise.resolve(),
  };
}

/** Threads of a pool that may end by themselves before it is an error: what killed one may not come again. */
const mostLost = 3;

/**
 * Threads that assemble batches. Jobs are handed out when they are asked for, so the threads go on while the main one is busy. An idle
 * pool does not keep a process alive; one that owes a batch does.
 *
 * A thread in which a picture takes too long is ended and replaced, and the picture counts as unreadable in all of them; so is one
 * that ends by itself, a few times.
 *
 * @throws CardinalError if a thread cannot be started
 */
export function threadPool(setup: WorkerSetup, size: number, start: StartDecoderThread): DecoderPool {
  const places: PoolPlace[] = [];
  const givenUp: GivenUp[] = [];
  let lost = 0;
  const common = {
    start,
    setup: () => ({ ...setup, givenUp }),
    giveUp: (sample: GivenUp) => {
      givenUp.push(sample);
      for (const place of places) place.giveUp(sample);
    },
    mayReplace: () => ++lost <= mostLost,
  };
  try {
    while (places.length < size) places.push(new PoolPlace(common));
  } catch (error) {
    for (const place of places) void place.stop();
    throw new CardinalError(
      `data worker ${places.length + 1} of ${size} cannot be started: ${messageOf(error)}; take fewer workers`,
      { cause: error },
    );
  }
  let lastId = 0;
  return {
    assemble: (request, input, target) => {
      const idlest = places.reduce((best, place) => (place.jobs < best.jobs ? place : best));
      return idlest.run({ id: ++lastId, request, input, target });
    },
    dispose: async () => {
      await Promise.all(places.map((place) => place.stop()));
    },
  };
}
