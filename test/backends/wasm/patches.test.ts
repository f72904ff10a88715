import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { blasPatches } from '../../../src/backends/wasm/args/blas.ts';
import { toWords } from '../../../src/backends/wasm/args/definition.ts';
import { Rng } from '../../../src/base/rng.ts';
import { compileWide, wideVectors } from '../../../src/node/wide-vectors.ts';
import { usableKernels } from '../../../src/node/kernels.ts';
import { seed } from '../../support/seed.ts';

const ARGS = 64;
const X = 4096;
const TO = 1 << 20;
const NOTHING = -7;

/** What `patches` leaves to its caller. */
const NOT_READ = {
  ...{ weights: 0, out: 0, rows: 0, k: 0, depth: 0, rowsPerChunk: 0, rowsPerBlock: 0, rowsPerCall: 0 },
  ...{ bias: undefined, residual: undefined, activation: 'none' as const },
};

type Patches = (args: number, row: number, rows: number, to: number) => void;

describe.each(usableKernels())('patches as rows of a matrix, %s', async (build) => {
  const binary = await readFile(new URL(`../../../dist/kernels/kernels-full-${build}.wasm`, import.meta.url));
  const wide = build === 'wide' && wideVectors().usable;
  const module = await (wide ? compileWide(new Uint8Array(binary)) : WebAssembly.compile(binary));
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const patches = (await WebAssembly.instantiate(module, { env: { memory } })).exports[
    'patches'
  ] as unknown as Patches;
  const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];

  // Runs of a kernel's row of less than a vector, of one to two, and of more.
  test.each([1, 2, 3, 4, 5, 8, 16])('%i channels, at every border', (channels) => {
    const rng = Rng.of(seed, 'patches', channels);
    const within = (low: number, high: number): number => low + rng.int(high - low + 1);
    for (let round = 0; round < 60; round++) {
      const [height, width] = [within(1, 9), within(1, 9)];
      const [kernelHeight, kernelWidth] = [within(1, 7), within(1, 7)];
      const [down, right] = [within(1, 3), within(1, 3)];
      // As much as leaves patches outside of the picture altogether.
      const [top, left] = [within(0, kernelHeight), within(0, kernelWidth)];
      const outHeight = Math.floor(Math.max(0, height + 2 * top - kernelHeight) / down) + 1;
      const outWidth = Math.floor(Math.max(0, width + 2 * left - kernelWidth) / right) + 1;
      const geometry = { height, width, channels, outHeight, outWidth };
      const filter = { filterRows: kernelHeight, filterColumns: kernelWidth };
      const steps = { strideRows: down, strideColumns: right, padRows: top, padColumns: left };
      words.set(toWords(blasPatches, { ...NOT_READ, x: X, ...geometry, ...filter, ...steps }), ARGS / 4);
      const x = floats.subarray(X / 4, X / 4 + 2 * height * width * channels);
      x.forEach((_, i) => (x[i] = 1 + i));

      // Two pictures, from any place to any place.
      const all = 2 * outHeight * outWidth;
      const row = rng.int(all);
      const rows = 1 + rng.int(all - row);
      const wanted: number[] = [];
      for (let index = row; index < row + rows; index++) {
        const [q, line] = [index % outWidth, Math.floor(index / outWidth)];
        const [p, image] = [line % outHeight, Math.floor(line / outHeight)];
        for (let r = 0; r < kernelHeight; r++)
          for (let s = 0; s < kernelWidth; s++)
            for (let c = 0; c < channels; c++) {
              const [h, v] = [p * down - top + r, q * right - left + s];
              const inside = h >= 0 && h < height && v >= 0 && v < width;
              wanted.push(inside ? x[((image * height + h) * width + v) * channels + c] : 0);
            }
      }
      // What lies behind stays as it is.
      wanted.push(NOTHING);
      const got = floats.subarray(TO / 4, TO / 4 + wanted.length);
      got.fill(NOTHING);
      patches(ARGS, row, rows, TO);
      expect(
        got,
        `seed ${seed}, round ${round}: ${Object.values({ ...geometry, ...filter }).join()}`,
      ).toEqual(Float32Array.from(wanted));
    }
  });
});
