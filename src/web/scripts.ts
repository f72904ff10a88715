import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { record, type Kind } from '../base/options.ts';

/** URLs of what the engine and its workers run and load. The page finds them all: a worker finds none of its own. */
export interface Scripts extends EngineScripts {
  /** What the small script that trains loads for runs which were kept before, weights to begin with, and networks that are no ResNeXt. */
  readonly more: string;
  /** What the small engines load for weights of the hub, and for those that are no checkpoint of a ResNeXt. */
  readonly weights: string;
  /** The engine that tells more of pictures than their classes: of every network. */
  readonly explain: string;
  /** What engines and decoders load for pictures that no browser decodes to the same bytes: PNG, BMP, PPM. */
  readonly pictures: string;
  /** The decoder for browsers whose own gives other bytes. */
  readonly jpeg: { readonly script: string; readonly wasm: string };
}

/** What there is twice: small, for ResNets and ResNeXts, and complete. */
interface EngineScripts {
  /** The engine for inference. */
  readonly engine: string;
  /** The engine that trains as well. */
  readonly training: string;
  /** What the engine starts: threads that compute and decode. */
  readonly worker: string;
  readonly kernels: { readonly relaxed: string; readonly simd: string };
}

/** URLs of some of them. */
export type ScriptUrls = Partial<Scripts>;

export const scriptUrls: Kind = {
  expected: "absolute URLs by file: { engine: 'blob:…', kernels: { relaxed, simd }, … }",
  is: (value) => record.is(value) && Object.values(Object(value) as object).every(isUrlOrUrls),
};

function isUrlOrUrls(value: unknown): boolean {
  if (typeof value === 'string') return URL.canParse(value);
  return record.is(value) && Object.values(Object(value) as object).every(isUrlOrUrls);
}

/** The networks that scripts are for: `resnext` those of the papers and their relatives, `all` every one. */
export type Networks = 'resnext' | 'all';

/**
 * Where the scripts for some networks are. With `base`, in the folders `web/` and `kernels/` there: the package's `dist`, or a copy of both.
 * Without, beside this file, as the package has them: bundlers know `new URL('…', import.meta.url)` and take each file along.
 * @throws {UsageError} if `base` is no URL.
 */
export function scriptsAt(base?: string | URL, networks: Networks = 'resnext'): Scripts {
  if (base === undefined) {
    return {
      ...(networks === 'all' ? complete() : small()),
      more: new URL('../../web/more.js', import.meta.url).href,
      weights: new URL('../../web/weights.js', import.meta.url).href,
      explain: new URL('../../web/explain.js', import.meta.url).href,
      pictures: new URL('../../web/pictures.js', import.meta.url).href,
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
  const [all, full] = networks === 'all' ? ['-all', '-full'] : ['', ''];
  return {
    engine: at(`web/engine${all}.js`),
    training: at(`web/training${all}.js`),
    worker: at(`web/worker${all}.js`),
    kernels: {
      relaxed: at(`kernels/kernels${full}-relaxed.wasm`),
      simd: at(`kernels/kernels${full}-simd.wasm`),
    },
    more: at('web/more.js'),
    weights: at('web/weights.js'),
    explain: at('web/explain.js'),
    pictures: at('web/pictures.js'),
    jpeg: { script: at('web/jpeg.js'), wasm: at('web/jpeg.wasm') },
  };
}

function small(): EngineScripts {
  return {
    engine: new URL('../../web/engine.js', import.meta.url).href,
    training: new URL('../../web/training.js', import.meta.url).href,
    worker: new URL('../../web/worker.js', import.meta.url).href,
    kernels: {
      relaxed: new URL('../../kernels/kernels-relaxed.wasm', import.meta.url).href,
      simd: new URL('../../kernels/kernels-simd.wasm', import.meta.url).href,
    },
  };
}

function complete(): EngineScripts {
  return {
    engine: new URL('../../web/engine-all.js', import.meta.url).href,
    training: new URL('../../web/training-all.js', import.meta.url).href,
    worker: new URL('../../web/worker-all.js', import.meta.url).href,
    kernels: {
      relaxed: new URL('../../kernels/kernels-full-relaxed.wasm', import.meta.url).href,
      simd: new URL('../../kernels/kernels-full-simd.wasm', import.meta.url).href,
    },
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
