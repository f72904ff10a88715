import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { nativeKernels } from '../../../src/backends/wasm/blas-kernels.ts';
import type { OpenSgemm } from '../../../src/backends/wasm/blas.ts';
import { SCRATCH_BYTES, type Call, type Pack, type PlacedBuffer } from '../../../src/backends/wasm/call.ts';
import { blasLowerings } from '../../../src/backends/wasm/lower/blas.ts';
import { Rng } from '../../../src/base/rng.ts';
import { activated } from '../../../src/graph/activation.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { seed } from '../../support/seed.ts';

/** As OpenBLAS has it. */
/** Calls that make something of weights that stays. */
const kept = new Set<Call>();

function keptAt(address: number, pack: Pack) {
  const calls = pack(address);
  for (const call of calls) kept.add(call);
  return { address, calls };
}

const unpacked = 1e6;
const threads = 2;
const geometry = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
const module = await WebAssembly.compile(
  await readFile(new URL('../../../dist/kernels/kernels-full-simd.wasm', import.meta.url)),
);

/** A library in ten lines, which tells how large its products were: no native one is needed here. */
function slowLibrary(sizes: number[], transposed = false): OpenSgemm {
  return ({ buffer }) =>
    ({ transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc }) => {
      expect([transposeA, transposeB]).toEqual([transposed, false]);
      sizes.push(m * n * k);
      const [down, along] = transposeA ? [1, lda] : [lda, 1];
      const numbers = new Float32Array(buffer);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const at = c / 4 + i * ldc + j;
          let sum = beta === 0 ? 0 : numbers[at];
          for (let l = 0; l < k; l++)
            sum += numbers[a / 4 + i * down + l * along] * numbers[b / 4 + l * ldb + j];
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
  const scratch = 4096;
  let top = scratch + SCRATCH_BYTES;
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
      for (let chunk = chunks - 1; chunk >= 0; chunk--) call(at, chunk, scratch);
    },
  };
}

describe('products in panels of weights', () => {
  test.each([
    { m: 1, n: 1000, k: 48, activation: 'relu' },
    { m: 49, n: 136, k: 1100, activation: 'relu6' },
    { m: 50, n: 64, k: 512, activation: 'none' },
    { m: 256, n: 8, k: 130, activation: 'relu6' },
    // Rows before columns: weights that no near cache holds. Several parts of a sum of many rows. Narrow, and blocks of many rows.
    { m: 100, n: 400, k: 400, activation: 'relu' },
    { m: 301, n: 72, k: 450, activation: 'relu' },
    { m: 2000, n: 24, k: 16, activation: 'relu6' },
  ] as const)('$m×$n of $k, with all that follows: $activation', async ({ m, n, k, activation }) => {
    const sizes: number[] = [];
    const { place, numbers, room, run } = await openRoom(slowLibrary(sizes));
    const { conv2d } = blasLowerings({ threads, unpacked });
    const rng = Rng.of(seed, 'panels');
    const [x, w, bias, residual] = [[1, k, m, 1], [n, k, 1, 1], [n], [1, n, m, 1]].map(place);
    const y = place([1, n, m, 1]);
    for (const one of [x, w, bias, residual]) numbers(one).forEach((_, i, all) => (all[i] = rng.normal()));
    numbers(y).fill(NaN);
    const calls = conv2d.calls({
      attrs: { ...geometry, bias: true, residual: true, activation },
      inputs: [x, w, bias, residual],
      outputs: [y],
      workspace: 0,
      keep: (_, bytes, pack) => keptAt(room(bytes), pack),
    });
    expect(calls.map((call) => [call.kernel, kept.has(call)])).toEqual([
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
        furthest = Math.max(furthest, Math.abs(numbers(y)[i * n + j] - activated(activation, sum)));
      }
    }
    // Sums of up to 1100 products of about 1 in single precision.
    expect(furthest, `seed ${seed}`).toBeLessThan(1e-3);
  });

  test.each([
    { m: 600, n: 72, k: 40, there: false },
    { m: 513, n: 24, k: 600, there: true },
  ])('the gradient of $m×$n of $k, added to what is there: $there', async ({ m, n, k, there }) => {
    const sizes: number[] = [];
    const { place, numbers, room, run } = await openRoom(slowLibrary(sizes));
    const { conv2dBackwardInput } = blasLowerings({ threads, unpacked });
    const rng = Rng.of(seed, 'gradients in panels');
    const [dy, w, dx] = [
      [1, k, m, 1],
      [k, n, 1, 1],
      [1, n, m, 1],
    ].map(place);
    for (const one of [dy, w, dx]) numbers(one).forEach((_, i, all) => (all[i] = rng.normal()));
    const before = numbers(dx).slice();
    const calls = conv2dBackwardInput.calls({
      attrs: { ...geometry, residual: there, inputSize: [m, 1] },
      ...{ inputs: there ? [dy, w, dx] : [dy, w], outputs: [dx], workspace: room(4 * 128 * k) },
      keep: () => undefined,
    });
    expect(calls.map(({ kernel }) => kernel)).toEqual(['pack_panel_rows', 'blas_panels']);
    for (const { kernel, args, chunks } of calls) run(kernel, args.map(Number), chunks);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(unpacked);
    let furthest = 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = there ? before[i * n + j] : 0;
        for (let l = 0; l < k; l++) sum += numbers(dy)[i * k + l] * numbers(w)[l * n + j];
        furthest = Math.max(furthest, Math.abs(numbers(dx)[i * n + j] - sum));
      }
    }
    expect(furthest, `seed ${seed}`).toBeLessThan(1e-3);
  });

  test.each([
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
      keep: (_, bytes, pack) => (keeps ? keptAt(room(bytes), pack) : undefined),
    });
    expect(calls.map(({ kernel }) => kernel)).toEqual(['blas_product']);
  });
});

describe('patches, by a library that leaves small products unpacked', () => {
  /** Blocks of some rows of a product, many in a chunk; the last of a block and of a chunk are smaller. */
  const limit = 64 * 147 * 30;
  const cases = [
    { kernel: [7, 7], stride: 2, padding: [3, 3], size: [67, 61], channels: 3, n: 64 },
    { kernel: [3, 3], stride: 2, padding: [1, 1], size: [23, 40], channels: 5, n: 136 },
    { kernel: [1, 7], stride: 1, padding: [0, 3], size: [40, 21], channels: 9, n: 8 },
  ] as const;

  function geometryOf({ kernel, stride, padding, size, channels, n }: (typeof cases)[number]) {
    const attrs = { stride: [stride, stride], padding, dilation: [1, 1], groups: 1 } as const;
    const [height, width] = size.map(
      (side, i) => Math.floor((side + 2 * padding[i] - kernel[i]) / stride) + 1,
    );
    const [x, w, y] = [
      [2, channels, ...size],
      [n, channels, ...kernel],
      [2, n, height, width],
    ];
    /** Which float of x, in the order of weights, an output place sees at a tap; nothing outside of the picture. */
    const seen = (row: number, tap: number): number | undefined => {
      const [q, p, image] = [row % width, Math.floor(row / width) % height, Math.floor(row / width / height)];
      const [c, s] = [tap % channels, Math.floor(tap / channels) % kernel[1]];
      const h = p * stride - padding[0] + Math.floor(tap / channels / kernel[1]);
      const v = q * stride - padding[1] + s;
      if (h < 0 || h >= size[0] || v < 0 || v >= size[1]) return undefined;
      return ((image * size[0] + h) * size[1] + v) * channels + c;
    };
    return { attrs, x, w, y, rows: 2 * height * width, depth: channels * kernel[0] * kernel[1], seen };
  }

  describe.each(cases)('$n of $kernel, $channels channels', (one) => {
    const { attrs, x, w, y, rows, depth, seen } = geometryOf(one);
    const { n } = one;

    test.each([
      [true, 'relu'],
      [false, 'relu6'],
    ] as const)('forward, with weights that stay: %s, and %s', async (stay, activation) => {
      const sizes: number[] = [];
      const { place, numbers, room, run } = await openRoom(slowLibrary(sizes));
      const { patches } = blasLowerings({ threads, unpacked: limit });
      const rng = Rng.of(seed, 'panels of patches');
      const inputs = [x, w, [n], y].map(place);
      const out = place(y);
      for (const input of inputs) numbers(input).forEach((_, i, all) => (all[i] = rng.normal()));
      numbers(out).fill(NaN);
      const calls = patches.calls({
        attrs: { ...attrs, bias: true, residual: true, activation },
        ...{ inputs, outputs: [out], workspace: room(4 * 192 * depth) },
        keep: (_, bytes, pack) => (stay ? keptAt(room(bytes), pack) : undefined),
      });
      expect(calls.map((call) => [call.kernel, kept.has(call)])).toEqual([
        ['pack_panels', stay],
        ['blas_patches', false],
      ]);
      for (const { kernel, args, chunks } of calls) run(kernel, args.map(Number), chunks);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
      const [pixels, weights, bias, residual] = inputs.map(numbers);
      const got = numbers(out);
      let furthest = 0;
      for (let row = 0; row < rows; row++) {
        const patch = Array.from({ length: depth }, (_, tap) => pixels[seen(row, tap) ?? -1] ?? 0);
        for (let j = 0; j < n; j++) {
          let sum = bias[j] + residual[row * n + j];
          for (let tap = 0; tap < depth; tap++) sum += patch[tap] * weights[j * depth + tap];
          furthest = Math.max(furthest, Math.abs(got[row * n + j] - activated(activation, sum)));
        }
      }
      expect(furthest, `seed ${seed}`).toBeLessThan(1e-4);
    });

    test('the weights’ gradient', async () => {
      const sizes: number[] = [];
      const { place, numbers, room, run } = await openRoom(slowLibrary(sizes, true));
      // Rows for two blocks in each of eight parts.
      const rowsPerBlock = 8 * Math.max(3, Math.floor(rows / 16 / 8));
      const { patchesBackwardWeight } = blasLowerings({ threads, unpacked: n * depth * rowsPerBlock });
      const rng = Rng.of(seed, 'gradient of patches');
      const [dy, pixels, dw] = [y, x, w].map(place);
      for (const input of [dy, pixels]) numbers(input).forEach((_, i, all) => (all[i] = rng.normal()));
      const calls = patchesBackwardWeight.calls({
        attrs: { ...attrs, kernelSize: one.kernel },
        ...{ inputs: [dy, pixels], outputs: [dw], workspace: room(8 * 4 * n * depth), keep: () => undefined },
      });
      for (const { kernel, args, chunks } of calls) run(kernel, args.map(Number), chunks);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(n * depth * rowsPerBlock);
      const [got, up, from] = [dw, dy, pixels].map(numbers);
      const sums = new Float64Array(n * depth);
      for (let row = 0; row < rows; row++) {
        for (let tap = 0; tap < depth; tap++) {
          const value = from[seen(row, tap) ?? -1] ?? 0;
          for (let j = 0; j < n; j++) sums[j * depth + tap] += value * up[row * n + j];
        }
      }
      const furthest = sums.reduce((most, sum, i) => Math.max(most, Math.abs(got[i] - sum)), 0);
      expect(furthest, `seed ${seed}`).toBeLessThan(1e-3);
    });
  });

  test.each([
    { because: 'columns do not come in eights', n: 60, limit: unpacked },
    { because: 'the library packs always', n: 64, limit: 0 },
  ])('weights as they are where $because', async ({ n, limit }) => {
    const { place, room } = await openRoom(slowLibrary([]));
    const calls = blasLowerings({ threads, unpacked: limit }).patches.calls({
      attrs: { ...geometry, bias: false, residual: false, activation: 'none' },
      ...{
        inputs: [
          [1, 3, 9, 9],
          [n, 3, 2, 2],
        ].map(place),
        outputs: [place([1, n, 8, 8])],
        workspace: 0,
      },
      keep: (_, bytes, pack) => keptAt(room(bytes), pack),
    });
    expect(calls.map(({ kernel }) => kernel)).toEqual(['blas_patches']);
  });
});
