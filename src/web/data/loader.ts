import { localPool, threadPool } from '../../data/decoder-pool.ts';
import { isEncoded } from '../../data/file-source.ts';
import type { LoaderPlatform } from '../../data/loader.ts';
import { decoderThreads } from './decoder-thread.ts';
import type { DecoderScripts } from './pictures.ts';
import type { Scripts } from '../scripts.ts';
import { webAssembler } from './serve-decoder.ts';

/** Where the scripts of a loader's threads are. */
export type LoaderUrls = DecoderScripts & Pick<Scripts, 'worker'>;

/** Batches ahead of the training, in workers that the engine starts. */
export function webLoaders({ worker, jpeg, pictures }: LoaderUrls): LoaderPlatform {
  const scripts = { jpeg, pictures };
  return {
    openPool: (setup, workers) =>
      workers === 0
        ? localPool(webAssembler(setup, scripts))
        : threadPool(setup, workers, decoderThreads(worker, scripts)),
    // Every browser decodes something; what it cannot is said of each picture.
    requireDecoder: () => undefined,
    // One worker keeps ahead of any training on pictures in memory; files take half the cores to decode.
    usualWorkers: (source) =>
      !isEncoded(source) ? 1 : Math.min(4, Math.max(1, Math.floor(navigator.hardwareConcurrency / 2))),
    mostWorkers: 64,
    memoryBytes: memoryBytes(),
  };
}

/** What Chromium says that the machine has, in powers of two up to 8 GiB and more; half of that where nothing is said. */
function memoryBytes(): number {
  const { deviceMemory = 4 } = navigator as { readonly deviceMemory?: number };
  return deviceMemory * 2 ** 30;
}
