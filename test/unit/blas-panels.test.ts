import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { nativeKernels, type OpenSgemm } from '../../src/backends/wasm/blas.ts';
import type { PlacedBuffer } from '../../src/backends/wasm/call.ts';
import { blasLowerings } from '../../src/backends/wasm/lower/blas.ts';
import { Rng } from '../../src/base/rng.ts';
import { sizeOf, type Shape } from '../../src/graph/value.ts';
import { seed } from '../seed.ts';

/** As OpenBLAS has it. */
const unpacked = 1e6;
const threads = 2;
const geometry = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
const module = await WebAssembly.compile(
  await readFile(new URL('../../dist/kernels/kernels-simd.wasm', import.meta.url)),
);

/** A library in ten lines, which tells how large its products were: no native one is needed here. */
function slowLibrary(sizes: number[]): OpenSgemm {
  return ({ buffer }) =>
    (transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc) => {
      expect([transposeA, transposeB]).toEqual([false, false]);
      sizes.push(m * n * k);
      const numbers = new Float32Array(buffer);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const at = c / 4 + i * ldc + j;
          let sum = beta === 0 ? 0 : numbers[at];
          for (let l = 0; l < k; l++) sum += numbers[a / 4 + i * lda + l] * numbers[b / 4 + l * ldb + j];
          numbers[at] = sum;
        }
      }
    };
}

/** A memory to place tensors in, and to run what is lowered on them. */
async function openRoom(openSgemm: OpenSgemm) {
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 512, shared: true });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const native = nativeKernels(openSgemm, memory, instance);
  let top = 4096;
  const room = (bytes: number): number => (top += Math.ceil(bytes / 64) * 64) - Math.ceil(bytes / 64) * 64;
  return {
    room,
    numbers: ({ address, shape }: PlacedBuffer) => new Float32Array(memory.buffer, address, sizeOf(shape)),
    place: (shape: Shape): PlacedBuffer => ({
      ...{ shape, bytes: 4 * sizeOf(shape) },
      address: room(4 * sizeOf(shape)),
    }),
    run: (kernel: string, args: readonly number[], chunks: number): void => {
      const at = room(4 * args.length);
      new Int32Array(memory.buffer, at, args.length).set(args);
      const call = native[kernel] ?? instance.exports[kernel];
      for (let chunk = chunks - 1; chunk >= 0; chunk--) call(at, chunk, 0);
    },
  };
}

describe('products of few rows, in panels of weights', () => {
  test.each([
    { m: 1, n: 1000, k: 48 },
    { m: 49, n: 136, k: 1100 },
    { m: 50, n: 64, k: 512 },
    { m: 256, n: 8, k: 130 },
  ])('$m×$n of $k, with all that follows', async ({ m, n, k }) => {
    const sizes: number[] = [];
    const { place, numbers, room, run } = await openRoom(slowLibrary(sizes));
    const { conv2d } = blasLowerings({ threads, unpacked });
    const rng = Rng.of(seed, 'panels');
    const [x, w, bias, residual] = [[1, k, m, 1], [n, k, 1, 1], [n], [1, n, m, 1]].map(place);
    const y = place([1, n, m, 1]);
    for (const one of [x, w, bias, residual]) numbers(one).forEach((_, i, all) => (all[i] = rng.normal()));
    numbers(y).fill(NaN);
    const calls = conv2d.calls({
      attrs: { ...geometry, bias: true, residual: true, relu: true },
      inputs: [x, w, bias, residual],
      outputs: [y],
      workspace: 0,
      keep: (_, bytes) => room(bytes),
    });
    expect(calls.map(({ kernel, once = false }) => [kernel, once])).toEqual([
      ['pack_panels', true],
      ['blas_panels', false],
    ]);
    for (const { kernel, args, chunks } of calls) run(kernel, args.map(Number), chunks);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(unpacked);
    let furthest = 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = numbers(bias)[j] + numbers(residual)[i * n + j];
        for (let l = 0; l < k; l++) sum += numbers(x)[i * k + l] * numbers(w)[j * k + l];
        furthest = Math.max(furthest, Math.abs(numbers(y)[i * n + j] - Math.max(sum, 0)));
      }
    }
    // Sums of up to 1100 products of about 1 in single precision.
    expect(furthest, `seed ${seed}`).toBeLessThan(1e-3);
  });

  test.each([
    { because: 'there are many rows', m: 257, n: 64, limit: unpacked, keeps: true },
    { because: 'columns do not come in eights', m: 49, n: 60, limit: unpacked, keeps: true },
    { because: 'the library packs always', m: 49, n: 64, limit: 0, keeps: true },
    { because: 'weights change', m: 49, n: 64, limit: unpacked, keeps: false },
  ])('one product as it is where $because', async ({ m, n, limit, keeps }) => {
    const { place, room } = await openRoom(slowLibrary([]));
    const { linear } = blasLowerings({ threads, unpacked: limit }).linear;
    const calls = linear.calls({
      attrs: { bias: false },
      inputs: [place([m, 32]), place([n, 32])],
      outputs: [place([m, n])],
      workspace: 0,
      keep: (_, bytes) => (keeps ? room(bytes) : undefined),
    });
    expect(calls.map(({ kernel }) => kernel)).toEqual(['blas_product']);
  });
});
