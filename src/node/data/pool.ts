import * as portable from '../../data/decoder-pool.ts';
import type { WorkerSetup } from '../../data/pool-messages.ts';
import { threadScript } from '../package-files.ts';
import { nodeAssembler } from './assembler.ts';
import { decoderThreads } from './decoder-thread.ts';

/** A pool that assembles batches in the calling thread. */
export function localPool(setup: WorkerSetup): portable.DecoderPool {
  return portable.localPool(nodeAssembler(setup));
}

/** A pool of worker threads. Throws a `CardinalError` if one cannot be started. */
export function workerPool(
  setup: WorkerSetup,
  size: number,
  script: URL = threadScript('data/loader-worker'),
): portable.DecoderPool {
  return portable.threadPool(setup, size, decoderThreads(script));
}
