import { expect, test } from 'vitest';
import { exp, log } from '../../src/base/portable-math.ts';
import { Rng } from '../../src/base/rng.ts';

const edges = [
  0,
  -0,
  1,
  -1,
  0.5,
  2,
  2 ** -30,
  2 ** -1074,
  709.78,
  710,
  -745,
  -746,
  1e300,
  Infinity,
  -Infinity,
  NaN,
];

test('exponential and logarithm are within an ulp of what this engine has, which is exact at the edges', () => {
  for (const x of edges) {
    expect(exp(x)).toBe(Math.exp(x));
    expect(log(x)).toBe(Math.log(x));
  }
  const rng = Rng.of(1, 'portable-math');
  for (let n = 0; n < 20_000; n++) {
    const x = rng.uniform(-50, 50);
    expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(3e-16);
    const y = Math.abs(x) * 10 ** rng.int(20);
    expect(Math.abs(log(y) - Math.log(y))).toBeLessThanOrEqual(3e-16 * Math.abs(Math.log(y)));
  }
});
