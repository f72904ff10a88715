/** A page that opens pictures and has a worker make batches of them. */
import type { LoaderOptions } from '../../../src/data/loader.ts';
import { openDataParts } from '../../../src/data/open-data.ts';
import { openPictures } from '../../../src/web/page/open-pictures.ts';
import type { LoaderAnswer, LoaderOrder } from './loader-worker.ts';

export interface PageOrder {
  readonly files: readonly { readonly path: string; readonly base64: string }[];
  readonly options: readonly LoaderOptions[];
  readonly worker: string;
}

/** Opens files as they come of `<input webkitdirectory>`. */
async function batchesOf({ files, options, worker }: PageOrder): Promise<LoaderAnswer> {
  const list = files.map(({ path, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], path.split('/').at(-1) ?? '');
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    return file;
  });
  const parts = openDataParts(await openPictures(list, { valFraction: 0.2 }));
  const engine = new Worker('/engine.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    engine.onmessage = ({ data }: MessageEvent<LoaderAnswer>) => {
      resolve(data);
      engine.terminate();
    };
    engine.onerror = ({ message }) => {
      reject(new Error(message));
    };
    const urls = {
      worker: `${location.origin}${worker}`,
      pictures: `${location.origin}/pictures.js`,
      jpeg: { script: `${location.origin}/jpeg.js`, wasm: `${location.origin}/jpeg.wasm` },
    };
    engine.postMessage({ parts, options, urls } satisfies LoaderOrder);
  });
}

export interface LoaderPage {
  readonly batchesOf: typeof batchesOf;
}

Object.assign(globalThis, { batchesOf } satisfies LoaderPage);
