import type { BatchLoader } from '../../data/dataset.ts';
import { localPool, threadPool } from '../../data/decoder-pool.ts';
import * as portable from '../../data/loader.ts';
import type { PictureDataset } from '../../data/source.ts';
import { decoderThreads } from './decoder-thread.ts';
import type { JpegUrls } from './jpeg.ts';
import { webAssembler } from './serve-decoder.ts';

/** Where the scripts of a loader's threads are. */
export interface LoaderUrls {
  readonly worker: string;
  readonly jpeg?: JpegUrls | undefined;
}

/** Batches ahead of the training, in workers that the engine starts. */
export function webLoaders({ worker, jpeg }: LoaderUrls): portable.LoaderPlatform {
  return {
    openPool: (setup, workers) =>
      workers === 0
        ? localPool(webAssembler(setup, jpeg))
        : threadPool(setup, workers, decoderThreads(worker, jpeg)),
    // Every browser decodes something; what it cannot is said of each picture.
    requireDecoder: () => undefined,
    // One worker keeps ahead of any training on pictures in memory; files take half the cores to decode.
    usualWorkers: ({ kind }) =>
      kind !== 'files' ? 1 : Math.min(4, Math.max(1, Math.floor(navigator.hardwareConcurrency / 2))),
    mostWorkers: 64,
    memoryBytes: memoryBytes(),
  };
}

/** What Chromium says that the machine has, in powers of two up to 8 GiB and more; half of that where nothing is said. */
function memoryBytes(): number {
  const { deviceMemory = 4 } = navigator as { readonly deviceMemory?: number };
  return deviceMemory * 2 ** 30;
}

/** As `createLoader` of `cardinal-nn/node`, in a worker of a page. */
export function createWebLoader(
  dataset: PictureDataset,
  options: portable.LoaderOptions,
  urls: LoaderUrls,
): BatchLoader {
  return portable.createLoader(dataset, options, webLoaders(urls));
}
