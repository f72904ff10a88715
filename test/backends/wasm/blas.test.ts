import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { nativeKernels } from '../../../src/backends/wasm/blas-kernels.ts';
import { SCRATCH_BYTES, type Call, type PlacedBuffer } from '../../../src/backends/wasm/call.ts';
import { blasLowerings } from '../../../src/backends/wasm/lower/blas.ts';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { Rng } from '../../../src/base/rng.ts';
import { CardinalError } from '../../../src/base/errors.ts';
import type { Conv2dAttrs } from '../../../src/graph/op-table.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { relativeDistance } from '../../support/compare.ts';
import { normal } from '../../conformance/case.ts';
import { runOp } from '../../conformance/single-op.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { blasInfo, findBlas, openBlas } from '../../../src/node/blas.ts';
import { seed } from '../../support/seed.ts';

const blas = await findBlas();
if (blas === undefined) {
  console.warn('SKIPPED: no native matrix library here (apt-get install libopenblas0-pthread)');
}

describe('finding a library', () => {
  test('CARDINAL_BLAS=off means none', async () => {
    expect(await findBlas('off')).toBeUndefined();
  });

  test('one that is named and is not there is an error of one line', async () => {
    const failing = findBlas('/nowhere/libnone.so');
    await expect(failing).rejects.toThrow(CardinalError);
    await expect(failing).rejects.toThrow(/^CARDINAL_BLAS: cannot use \/nowhere\/libnone\.so: [^\n]*$/);
  });

  test('a library without a matmul is not taken', async () => {
    await expect(openBlas(process.platform === 'linux' ? 'libm.so.6' : 'none')).rejects.toThrow();
  });

  test('a backend without it says so', async () => {
    const backend = await createNodeBackend({ threads: 1, blas: false });
    expect(backend.numerics?.library?.name).toBeUndefined();
    await backend.dispose();
  });
});

describe.skipIf(blas === undefined)('the library', () => {
  test('is named, with its speed', async () => {
    const info = await blasInfo();
    expect(info).toMatchObject({ name: blas?.name, path: blas?.path });
    expect(info?.gflops).toBeGreaterThan(0);
    const backend = await createNodeBackend({ threads: 1, blas: true });
    expect(backend.numerics?.library?.name).toBe(blas?.name);
    await backend.dispose();
  });

  test('multiplies matrices in a program’s memory, and touches nothing else', () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const numbers = new Float32Array(memory.buffer);
    const sgemm = blas?.openSgemm(memory);
    const rng = Rng.of(seed, 'blas');
    const [m, n, k, ldc] = [5, 7, 11, 9];
    const [a, b, c] = [16, 16 + m * k, 16 + m * k + k * n];
    for (let i = 0; i < c; i++) numbers[i] = rng.normal();
    numbers.fill(-1, c, c + m * ldc);
    sgemm?.({
      ...{ transposeA: false, transposeB: true, m, n, k, beta: 0 },
      ...{ a: 4 * a, lda: k, b: 4 * b, ldb: k, c: 4 * c, ldc },
    });
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < ldc; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += numbers[a + i * k + l] * numbers[b + j * k + l];
        expect(numbers[c + i * ldc + j], `seed ${seed}`).toBeCloseTo(j < n ? sum : -1, 5);
      }
    }
  });

  test('is not called with a matrix that leaves the memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const sgemm = blas?.openSgemm(memory);
    const end = 65536;
    const product = (a: number, b: number, c: number, ldc = 4) =>
      sgemm?.({
        ...{ transposeA: false, transposeB: false, m: 4, n: 4, k: 4, beta: 0 },
        ...{ a, lda: 4, b, ldb: 4, c, ldc },
      });
    product(end - 192, end - 128, end - 64);
    expect(() => product(end - 60, 0, 1024)).toThrow(RangeError);
    expect(() => product(0, end - 60, 1024)).toThrow(RangeError);
    expect(() => product(0, 64, end - 60)).toThrow(RangeError);
    expect(() => product(0, 64, end - 64, 5)).toThrow(RangeError);
    expect(() => product(0, 64, -4)).toThrow(RangeError);
    expect(() => product(0, 64, 1024, 3)).toThrow(RangeError);
  });

  // Rows enough for several blocks of patches in a chunk: the gradient adds to what the block before left.
  test.each([
    // Outputs in eights may be packed in panels.
    { kernel: 7, stride: 1, padding: 3, size: [101, 63], outputs: 72, activation: 'relu6' },
    { kernel: 7, stride: 2, padding: 3, size: [151, 93], outputs: 5, activation: 'relu' },
    { kernel: 3, stride: 2, padding: 0, size: [301, 303], outputs: 8, activation: 'relu' },
    // Smaller than the kernel.
    { kernel: 7, stride: 3, padding: 3, size: [4, 2], outputs: 8, activation: 'relu6' },
  ] as const)(
    'patches by the block, of $kernel×$kernel with stride $stride, and $activation',
    async ({ kernel, stride, padding, size, outputs, activation }) => {
      const rng = Rng.of(seed, 'patches');
      const backend = await createNodeBackend({ threads: 2, blas: true });
      const reference = createReferenceBackend();
      const geometry: Conv2dAttrs = {
        stride: [stride, stride],
        padding: [padding, padding],
        dilation: [1, 1],
        groups: 1,
      };
      const out = size.map((n) => Math.floor((n + 2 * padding - kernel) / stride) + 1);
      const x = normal(rng, [2, 3, ...size]);
      const w = normal(rng, [outputs, 3, kernel, kernel]);
      const y: Shape = [2, outputs, ...out];
      const forward = {
        attrs: { ...geometry, bias: true, residual: true, activation },
        inputs: [x, w, normal(rng, [outputs]), normal(rng, y)],
      };
      const gradient = {
        attrs: { ...geometry, kernelSize: [kernel, kernel] as const },
        inputs: [normal(rng, y), x],
      };
      const difference = async <K extends 'conv2d' | 'conv2d_backward_weight'>(
        op: K,
        one: Parameters<typeof runOp<K>>[2],
      ) =>
        relativeDistance(
          (await runOp(backend, op, one)).outputs[0],
          (await runOp(reference, op, one)).outputs[0],
        );
      expect(await difference('conv2d', forward), `seed ${seed}`).toBeLessThan(1e-5);
      expect(await difference('conv2d_backward_weight', gradient), `seed ${seed}`).toBeLessThan(1e-5);
      await backend.dispose();
    },
  );

  test.each([
    { threads: 1, stride: 1 },
    { threads: 2, stride: 2 },
    { threads: 3, stride: 1 },
  ])(
    'weight gradients, long sums in parts: $threads threads, stride $stride',
    async ({ threads, stride }) => {
      const rng = Rng.of(seed, 'long sums');
      const backend = await createNodeBackend({ threads, blas: true });
      const geometry: Conv2dAttrs = {
        stride: [stride, stride],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
      };
      const attrs = { ...geometry, kernelSize: [1, 1] as const };
      // Of 2·37·21 places a sum that is long for 5×7 weights, and one that is not for 130.
      for (const channels of [7, 130]) {
        const x = normal(rng, [2, channels, stride * 37, stride * 21]);
        const one = { attrs, inputs: [normal(rng, [2, 5, 37, 21]), x] };
        const [[got], [wanted]] = await Promise.all(
          [backend, createReferenceBackend()].map(
            async (which) => (await runOp(which, 'conv2d_backward_weight', one)).outputs,
          ),
        );
        expect(relativeDistance(got, wanted), `${channels} channels, seed ${seed}`).toBeLessThan(1e-5);
      }
      await backend.dispose();
    },
  );

  test('addresses from 2 GiB on, which are negative as words', async () => {
    // Only what is touched takes room.
    const memory = new WebAssembly.Memory({ initial: 40_000, maximum: 40_000, shared: true });
    const file = new URL('../../../dist/kernels/kernels-full-simd.wasm', import.meta.url);
    const { instance } = await WebAssembly.instantiate(await readFile(file), { env: { memory } });
    const kernels = nativeKernels(blas?.openSgemm, memory, instance);
    let top = 2 ** 31 + 4096;
    const room = (bytes: number): number => (top += Math.ceil(bytes / 64) * 64) - Math.ceil(bytes / 64) * 64;
    const place = (...shape: number[]): PlacedBuffer => {
      const bytes = 4 * sizeOf(shape);
      const buffer = { shape, bytes, address: room(bytes) };
      new Float32Array(memory.buffer, buffer.address, sizeOf(shape)).fill(1);
      return buffer;
    };
    const conv = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
    const { conv2d, patches } = blasLowerings({ threads: 2, unpacked: 0 });
    const epilogue = { bias: true, residual: true, activation: 'relu' } as const;
    const [x, y] = [place(1, 4, 16, 16), place(1, 256, 16, 16)];
    const rest = [place(256), place(1, 256, 16, 16)];
    const [scratch, args] = [room(SCRATCH_BYTES), room(4096)];
    const shared = { outputs: [y], workspace: 0, keep: () => undefined };
    const middle = (list: readonly Call[]): number => {
      for (const { kernel, chunks, args: numbers } of list) {
        new Int32Array(memory.buffer, args, numbers.length).set(numbers.map(Number));
        for (let chunk = 0; chunk < chunks; chunk++) kernels[kernel](args, chunk, scratch);
      }
      return new Float32Array(memory.buffer, y.address + 4 * 256 * (5 * 16 + 5), 1)[0];
    };
    const pointwise = { ...conv, padding: [0, 0] as const, ...epilogue };
    // All are 1: four products, a bias and a residual; 36 with nine taps.
    expect(
      middle(conv2d.calls({ attrs: pointwise, inputs: [x, place(256, 4, 1, 1), ...rest], ...shared })),
    ).toBe(6);
    const nine = [x, place(256, 4, 3, 3), ...rest];
    expect(middle(patches.calls({ attrs: { ...conv, ...epilogue }, inputs: nine, ...shared }))).toBe(38);
  });
});
