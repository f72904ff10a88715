import { checkpointEntries } from '../../models/checkpoint-entries.ts';
import { modelNeedsAll } from '../../models/needs-all.ts';
import type { Trained } from '../trained.ts';

/** What a classifier's HTML file is put together of, as bytes. All of it was built with the package: nothing is bundled later. */
export interface HtmlFiles {
  /** The page, with a mark where the rest belongs. */
  readonly page: Uint8Array;
  /** The script of the worker that classifies. */
  readonly engine: Uint8Array;
  /** Its kernels, for browsers with relaxed SIMD and for those without. */
  readonly relaxed: Uint8Array;
  readonly simd: Uint8Array;
  /** What it loads for pictures that no browser, or not every one, decodes to the same bytes. */
  readonly pictures: Uint8Array;
  readonly jpeg: Uint8Array;
  readonly decoder: Uint8Array;
  /** Licences of all this. */
  readonly licences: Uint8Array;
}

/** Where they are in the package's `dist`: for ResNets and ResNeXts, or for `all` networks. */
export function htmlFileNames(networks: HtmlNetworks): Readonly<Record<keyof HtmlFiles, string>> {
  const [all, full] = networks === 'all' ? ['-all', '-full'] : ['', ''];
  return {
    page: 'html/classifier.html',
    engine: `web/engine${all}.js`,
    relaxed: `kernels/kernels${full}-relaxed.wasm`,
    simd: `kernels/kernels${full}-simd.wasm`,
    pictures: 'html/pictures.js',
    jpeg: 'html/jpeg.js',
    decoder: 'web/jpeg.wasm',
    licences: 'html/licences.txt',
  };
}

export type HtmlNetworks = 'resnext' | 'all';

/** Which scripts a network takes. The small engine reads its checkpoints alone: it has nothing to load another script from. */
export function htmlNetworks({ description, task }: Pick<Trained, 'description' | 'task'>): HtmlNetworks {
  const { name, options } = description;
  const isSmall = checkpointEntries.some((entry) => entry.name === name) && !modelNeedsAll(name, options);
  return isSmall && task === undefined ? 'resnext' : 'all';
}
