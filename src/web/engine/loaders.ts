import { assemblerOf } from '../../data/answer-jobs.ts';
import { decoderOf } from '../../data/decode.ts';
import { localPool } from '../../data/decoder-pool.ts';
import type { LoaderPlatform } from '../../data/loader.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';

/** Batches are made in the engine's own worker. */
export const webLoaders = (pictures: PicturePlatform): LoaderPlatform => ({
  openPool: (setup) => localPool(assemblerOf(setup, decoderOf(setup.source, pictures))),
  requireDecoder: () => undefined,
  usualWorkers: () => 0,
  mostWorkers: 0,
  memoryBytes: 2 ** 32,
});
