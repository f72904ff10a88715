import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type { Picture } from '../../data/dataset.ts';
import { here } from '../package-files.ts';

/** What is used of the module that emscripten made of libjpeg. */
interface Codec {
  /** RGBA, turned by the EXIF block if that is asked for. */
  decode(bytes: Uint8Array, turned: boolean): Answer;
}
type OpenCodec = (options: {
  readonly noInitialRun: true;
  readonly printErr: (line: string) => unknown;
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
}) => Promise<Codec>;

interface Compiled {
  readonly open: OpenCodec;
  readonly module: WebAssembly.Module;
}

/** libjpeg, which decodes in the calling thread. */
export interface Libjpeg {
  /** RGB, turned upright by the EXIF block. Undefined if libjpeg has anything to say of the file: it warns of most damage, and goes on. */
  decode(bytes: Uint8Array): Picture | undefined;
}

let compiled: Promise<Compiled> | undefined;
let opened: Promise<Libjpeg | undefined> | undefined;

/** libjpeg in WebAssembly, once for each thread; undefined where it cannot be had: a bundle may have left it behind. */
export function openLibjpeg(): Promise<Libjpeg | undefined> {
  return (opened ??= open().catch(() => undefined));
}

async function compile(): Promise<Compiled> {
  const file = createRequire(here).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const module = await WebAssembly.compile(await readFile(file));
  // Its own types name others that it does not bring along.
  const codec: unknown = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  return { open: (codec as { readonly default: OpenCodec }).default, module };
}

async function open(): Promise<Libjpeg> {
  const { open, module } = await (compiled ??= compile());
  const said: string[] = [];
  const codec = await withImageData(() =>
    open({
      noInitialRun: true,
      printErr: (line) => said.push(line),
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(module, imports);
        done(instance);
        return instance.exports;
      },
    }),
  );
  let isSound = true;
  return {
    decode: (bytes) => {
      if (!isSound) return undefined;
      said.length = 0;
      try {
        const { width, height, data } = withImageData(() => codec.decode(bytes, true));
        return said.length > 0 ? undefined : { width, height, channels: 3, data: withoutAlpha(data) };
      } catch {
        // It has left in the middle, and its stack is as it was there: the next picture gets another.
        isSound = false;
        opened = undefined;
        return undefined;
      }
    },
  };
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}

/** What the codec makes of its answer: a class of browsers'. */
class Answer {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/** The codec looks for that class in the global scope, and puts one there, where others would take it for the sign of a browser. */
function withImageData<T>(work: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'ImageData');
  Object.defineProperty(globalThis, 'ImageData', { value: Answer, configurable: true, writable: true });
  try {
    return work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'ImageData');
    else Object.defineProperty(globalThis, 'ImageData', before);
  }
}
