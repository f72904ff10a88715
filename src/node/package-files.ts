import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CardinalError } from '../base/errors.ts';

/** Where this code runs: this file, or the bundle that it became part of. Bundles in CommonJS have no URL, but `__filename`. */
export const here = (import.meta as Partial<ImportMeta>).url ?? pathToFileURL(__filename).href;

// Sources run as they are (.ts), the published package as compiled (.js).
const isSource = here.endsWith('.ts');

/** A script of this folder that a thread starts with: 'wasm-worker', 'data/loader-worker'. Throws a `CardinalError` if it is missing. */
export function threadScript(name: string): URL {
  return locate(`./${name}.${isSource ? 'ts' : 'js'}`);
}

/** A file of `dist`, by its path there. Throws a `CardinalError` if it is missing. */
export function distFile(path: string): URL {
  return locate(`${isSource ? '../../dist' : '../..'}/${path}`);
}

/** A file of `dist/kernels`. Throws a `CardinalError` if it is missing. */
export function kernelFile(name: string): URL {
  return distFile(`kernels/${name}`);
}

/** `index.html` of the studio's page. Throws a `CardinalError` if it is missing. */
export function studioPage(): URL {
  return distFile('studio/index.html');
}

/**
 * A bundler takes the code along and leaves such files behind. Then those beside the bundle are taken, or those of the package,
 * if it is installed where the bundle runs.
 */
function locate(path: string): URL {
  const beside = path.slice(path.lastIndexOf('/') + 1);
  const installed = installation();
  const candidates = [
    new URL(path, here),
    ...(isSource ? [] : [new URL(beside, here)]),
    ...(installed === undefined ? [] : [new URL(path, installed)]),
  ];
  const found = candidates.find((url) => existsSync(url));
  if (found !== undefined) return found;
  throw new CardinalError(
    isSource
      ? `${beside} is missing: run npm run build`
      : `${beside} of cardinal-nn is not beside ${here}: mark cardinal-nn as external when you bundle (esbuild: --external:cardinal-nn), or install it where the bundle runs`,
  );
}

/** `index.js` of this folder in the installed package. */
function installation(): URL | undefined {
  try {
    // A bundle in CommonJS has no `import.meta.resolve`.
    return pathToFileURL(createRequire(here).resolve('cardinal-nn/node'));
  } catch {
    return undefined;
  }
}
