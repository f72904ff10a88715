import { availableParallelism } from 'node:os';

import type { BatchLoader } from '../../data/dataset.ts';
import * as portable from '../../data/loader.ts';
import { isEncoded } from '../../data/file-source.ts';
import { needDecoder } from '../../data/needs-decoder.ts';
import type { PictureDataset } from '../../data/source.ts';
import { memory } from '../memory.ts';
import { loadSharp } from '../sharp.ts';
import { mostThreads } from '../threads.ts';
import { localPool, workerPool } from './pool.ts';

export const nodeLoaders: portable.LoaderPlatform = {
  openPool: (setup, workers) => (workers === 0 ? localPool(setup) : workerPool(setup, workers)),
  requireDecoder(source) {
    if (needDecoder(source)) loadSharp();
  },
  // One worker keeps ahead of any training on pictures in memory; files take half the cores to decode.
  usualWorkers: (source) =>
    !isEncoded(source) ? 1 : Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2))),
  get mostWorkers() {
    return mostThreads();
  },
  get memoryBytes() {
    const { total, limit = total } = memory();
    return limit;
  },
};

/**
 * Batches of a dataset, decoded and augmented by worker threads ahead of their use. What a batch holds depends on
 * (seed, epoch, position) alone: not on the number of workers, and not on where an epoch was resumed.
 *
 * The arrays of a batch are reused: they are valid until the next batch is asked for. In training, a picture that
 * cannot be decoded is replaced by another of its class; in evaluation it is left out, so any batch may have a `size` below
 * `batchSize`. Both are listed in `skipped`.
 *
 * @throws CardinalError if there is not even one batch, or a specification is not valid
 */
export function createLoader(dataset: PictureDataset, options: portable.LoaderOptions): BatchLoader {
  return portable.createLoader(dataset, options, nodeLoaders);
}
