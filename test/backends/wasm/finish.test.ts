import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { activationCodes, type FusedActivation } from '../../../src/backends/wasm/args/activation.ts';
import { Rng } from '../../../src/base/rng.ts';
import { usableKernels } from '../../../src/node/kernels.ts';
import { compileWide, wideVectors } from '../../../src/node/wide-vectors.ts';
import { seed } from '../../support/seed.ts';

type Finish = (
  out: number,
  rows: number,
  columns: number,
  stride: number,
  bias: number,
  residual: number,
  activation: number,
) => void;

const [OUT, RESIDUAL, BIAS] = [1 << 16, 1 << 18, 1 << 19];
const UNTOUCHED = -7;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const formulas: Partial<Record<FusedActivation, (x: number) => number>> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  silu: (x) => x * sigmoid(x),
  sigmoid,
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};
/** Less than a vector, vectors and a rest, a row longer than what is finished at a time. */
const sizes = [
  { columns: 3, rows: 5 },
  { columns: 28, rows: 7 },
  { columns: 67, rows: 130 },
  { columns: 64, rows: 129 },
  { columns: 4101, rows: 3 },
];
const additions = [
  { biased: true, added: false },
  { biased: true, added: true },
  { biased: false, added: true },
  { biased: false, added: false },
];

describe.each(usableKernels())('what follows a native product, %s', async (build) => {
  const binary = await readFile(new URL(`../../../dist/kernels/kernels-full-${build}.wasm`, import.meta.url));
  const wide = build === 'wide' && wideVectors().usable;
  const module = await (wide ? compileWide(new Uint8Array(binary)) : WebAssembly.compile(binary));
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  // The module is ours: its `finish` takes these numbers.
  const finish = (await WebAssembly.instantiate(module, { env: { memory } })).exports[
    'finish'
  ] as unknown as Finish;
  const floats = new Float32Array(memory.buffer);

  test.each(Object.entries(formulas))('%s of a result with a bias and a residual', (name, formula) => {
    const rng = Rng.of(seed, name);
    for (const { columns, rows } of sizes) {
      for (const { biased, added } of additions) {
        // Rows lie side by side, or among others that are not to be touched.
        for (const stride of [columns, columns + 5]) {
          const fill = (at: number, count: number): Float32Array => {
            const part = floats.subarray(at / 4, at / 4 + count);
            part.forEach((_, i) => (part[i] = 3 * rng.normal()));
            return part.slice();
          };
          const out = fill(OUT, rows * stride);
          const residual = fill(RESIDUAL, rows * stride);
          const bias = fill(BIAS, columns);
          floats[OUT / 4 + rows * stride] = UNTOUCHED;
          const code = activationCodes[name as FusedActivation];
          finish(OUT, rows, columns, stride, biased ? BIAS : 0, added ? RESIDUAL : 0, code);

          let worst = 0;
          out.forEach((value, i) => {
            const column = i % stride;
            const sum = value + (added ? residual[i] : 0) + (biased ? bias[column] : 0);
            const wanted = column < columns ? formula(sum) : value;
            worst = Math.max(worst, Math.abs(floats[OUT / 4 + i] - wanted));
          });
          const label = `${rows}×${columns} of ${stride}, bias ${biased}, residual ${added}, seed ${seed}`;
          expect(worst, label).toBeLessThan(5e-6);
          expect(floats[OUT / 4 + rows * stride], label).toBe(UNTOUCHED);
        }
      }
    }
  });

  test('NaN stays NaN', () => {
    floats.fill(NaN, OUT / 4, OUT / 4 + 67);
    floats.fill(1, BIAS / 4, BIAS / 4 + 67);
    finish(OUT, 1, 67, 67, BIAS, 0, activationCodes.relu6);
    expect(floats.subarray(OUT / 4, OUT / 4 + 67).every((value) => Number.isNaN(value))).toBe(true);
  });
});
