import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';

/** URLs of what the engine and its workers run and load. The page finds them all: a worker finds none of its own. */
export interface Scripts {
  /** The engine for inference. */
  readonly engine: string;
  /** The engine that trains as well. */
  readonly training: string;
  /** What the engine for inference loads for weights that are no checkpoint of a ResNeXt. */
  readonly weights: string;
  /** What the engine starts: threads that compute and decode. */
  readonly worker: string;
  readonly kernels: { readonly relaxed: string; readonly simd: string };
  /** The decoder for browsers whose own gives other bytes. */
  readonly jpeg: { readonly script: string; readonly wasm: string };
}

/**
 * Where the scripts are. With `base`, in the folders `web/` and `kernels/` there: the package's `dist`, or a copy of both. Without, beside
 * this file, as the package has them: bundlers know `new URL('…', import.meta.url)` and take each file along.
 * @throws {UsageError} if `base` is no URL.
 */
export function scriptsAt(base?: string | URL): Scripts {
  if (base === undefined) {
    return {
      engine: new URL('../../web/engine.js', import.meta.url).href,
      training: new URL('../../web/training.js', import.meta.url).href,
      weights: new URL('../../web/weights.js', import.meta.url).href,
      worker: new URL('../../web/worker.js', import.meta.url).href,
      kernels: {
        relaxed: new URL('../../kernels/kernels-relaxed.wasm', import.meta.url).href,
        simd: new URL('../../kernels/kernels-simd.wasm', import.meta.url).href,
      },
      jpeg: {
        script: new URL('../../web/jpeg.js', import.meta.url).href,
        wasm: new URL('../../web/jpeg.wasm', import.meta.url).href,
      },
    };
  }
  if (!URL.canParse(base, pageUrl())) {
    throw new UsageError(
      `expected base to be the URL of the package's dist, or of a copy, got ${described(String(base))}`,
    );
  }
  const folder = new URL(base, pageUrl());
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const at = (path: string): string => new URL(path, folder).href;
  return {
    engine: at('web/engine.js'),
    training: at('web/training.js'),
    weights: at('web/weights.js'),
    worker: at('web/worker.js'),
    kernels: { relaxed: at('kernels/kernels-relaxed.wasm'), simd: at('kernels/kernels-simd.wasm') },
    jpeg: { script: at('web/jpeg.js'), wasm: at('web/jpeg.wasm') },
  };
}

/** What relative URLs of a page, or of a worker of its own, are relative to. */
export function pageUrl(): string {
  const { document, location } = globalThis as {
    readonly document?: { readonly baseURI: string };
    readonly location?: { readonly href: string };
  };
  return document?.baseURI ?? location?.href ?? import.meta.url;
}
