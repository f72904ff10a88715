import type { HtmlFiles, HtmlNetworks } from 'cardinal-nn/studio';
import { fetched } from './fetched.ts';

/** Files that lie beside the page, as the bundler finds them: by whole addresses only. */
const both = {
  page: new URL('../../../../dist/html/classifier.html', import.meta.url),
  pictures: new URL('../../../../dist/html/pictures.js', import.meta.url),
  jpeg: new URL('../../../../dist/html/jpeg.js', import.meta.url),
  decoder: new URL('../../../../dist/web/jpeg.wasm', import.meta.url),
  licences: new URL('../../../../dist/html/licences.txt', import.meta.url),
};
const small = {
  engine: new URL('../../../../dist/web/engine.js', import.meta.url),
  relaxed: new URL('../../../../dist/kernels/kernels-relaxed.wasm', import.meta.url),
  simd: new URL('../../../../dist/kernels/kernels-simd.wasm', import.meta.url),
};
const complete = {
  engine: new URL('../../../../dist/web/engine-all.js', import.meta.url),
  relaxed: new URL('../../../../dist/kernels/kernels-full-relaxed.wasm', import.meta.url),
  simd: new URL('../../../../dist/kernels/kernels-full-simd.wasm', import.meta.url),
};

/** What HTML files of networks are put together of, fetched. Throws a `CardinalError` if one is not beside the page. */
export async function fetchHtmlFiles(networks: HtmlNetworks): Promise<HtmlFiles> {
  const urls = { ...both, ...(networks === 'all' ? complete : small) };
  const files = Object.entries(urls).map(async ([name, url]) => {
    const blob = await fetched(url, name);
    return [name, new Uint8Array(await blob.arrayBuffer())] as const;
  });
  // One for each name.
  return Object.fromEntries(await Promise.all(files)) as Partial<HtmlFiles> as HtmlFiles;
}
