import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { CardinalError } from '../../src/base/errors.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { blasInfo, findBlas, openBlas } from '../../src/node/blas.ts';
import { seed } from '../seed.ts';

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

  test('a library without matrix products is not taken', async () => {
    await expect(openBlas(process.platform === 'linux' ? 'libm.so.6' : 'none')).rejects.toThrow();
  });

  test('a backend without it says so', async () => {
    const backend = await createNodeBackend({ threads: 1, blas: false });
    expect(backend.library).toBeUndefined();
    await backend.dispose();
  });
});

describe.skipIf(blas === undefined)('the library', () => {
  test('is named, with its speed', async () => {
    const info = await blasInfo();
    expect(info).toMatchObject({ name: blas?.name, path: blas?.path });
    expect(info?.gflops).toBeGreaterThan(0);
    const backend = await createNodeBackend({ threads: 1, blas: true });
    expect(backend.library).toBe(blas?.name);
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
    sgemm?.(false, true, m, n, k, 4 * a, k, 4 * b, k, 0, 4 * c, ldc);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < ldc; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += numbers[a + i * k + l] * numbers[b + j * k + l];
        expect(numbers[c + i * ldc + j], `seed ${seed}`).toBeCloseTo(j < n ? sum : -1, 5);
      }
    }
  });
});
