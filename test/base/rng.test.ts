import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { cutmix, mixBatch, mixup, type MixableBatch } from '../../src/data/mix.ts';
import { mixSchema } from '../../src/data/preprocessing.ts';
import { randomPadCrop } from '../../src/data/transforms/pad-crop.ts';
import { randomResizedRegion } from '../../src/data/transforms/random-resized-crop.ts';
import { seed } from '../support/seed.ts';

const draws = 20_000;
const sample = (draw: () => number, count = draws) => Float64Array.from({ length: count }, draw);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: Float64Array) => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length;
};

describe(`samplers (CARDINAL_SEED=${seed})`, () => {
  const alphas = [1e-320, 1e-300, 1e-12, 1e-6, 1e-3, 5e-3, 0.1, 0.2, 0.4, 1, 3, 100, 1e6];

  test.each(alphas)(
    'Beta(α, α) for α = %d: finite, within [0, 1], of the right mean and variance',
    (alpha) => {
      const rng = Rng.of(seed, 'beta', alpha);
      const values = sample(() => rng.beta(alpha, alpha));
      expect(values.find((value) => !(value >= 0 && value <= 1))).toBeUndefined();
      const expected = 1 / (4 * (2 * alpha + 1));
      expect(Math.abs(mean(values) - 0.5)).toBeLessThan(6 * Math.sqrt(expected / draws));
      // A Beta(α, α) has lighter tails than a normal number, whose variance is known to √(2/n).
      expect(Math.abs(variance(values) / expected - 1)).toBeLessThan(6 * Math.sqrt(2 / draws));
    },
  );

  test('Beta(a, b) with a ≠ b has the mean a/(a + b), at any size', () => {
    for (const size of [1e-6, 1e-3, 1, 1e4]) {
      const rng = Rng.of(seed, 'uneven', size);
      const values = sample(() => rng.beta(size, 3 * size));
      const expected = 3 / 16 / (4 * size + 1);
      expect(Math.abs(mean(values) - 0.25), `${size}`).toBeLessThan(6 * Math.sqrt(expected / draws));
    }
  });

  test('the largest shapes there are give a half', () => {
    for (const shape of [1e200, 1e308, Number.MAX_VALUE])
      expect(Rng.of(seed).beta(shape, shape)).toBeCloseTo(0.5, 6);
  });

  test('Gamma(shape) has the mean and the variance `shape`', () => {
    for (const shape of [0.01, 0.5, 1, 7, 1e5]) {
      const rng = Rng.of(seed, 'gamma', shape);
      const values = sample(() => rng.gamma(shape));
      expect(values.find((value) => !(Number.isFinite(value) && value >= 0))).toBeUndefined();
      expect(Math.abs(mean(values) - shape), `${shape}`).toBeLessThan(6 * Math.sqrt(shape / draws));
      // The fourth moment is 3k² + 6k.
      const spread = Math.sqrt((2 * shape ** 2 + 6 * shape) / draws);
      expect(Math.abs(variance(values) - shape), `${shape}`).toBeLessThan(6 * spread);
    }
  });

  test('normal and uniform numbers', () => {
    const rng = Rng.of(seed, 'normal');
    const normals = sample(() => rng.normal());
    expect(normals.every(Number.isFinite)).toBe(true);
    expect(Math.abs(mean(normals))).toBeLessThan(6 / Math.sqrt(draws));
    expect(Math.abs(variance(normals) - 1)).toBeLessThan(6 * Math.sqrt(2 / draws));
    const uniforms = sample(() => rng.uniform(-3, 5));
    expect(uniforms.every((value) => value >= -3 && value < 5)).toBe(true);
    expect(Math.abs(mean(uniforms) - 1)).toBeLessThan((6 * 8) / Math.sqrt(12 * draws));
    expect(rng.uniform(2, 2)).toBe(2);
  });

  test('whole numbers and orders', () => {
    const rng = Rng.of(seed, 'int');
    expect(rng.int(1)).toBe(0);
    const largest = 2 ** 32 - 1;
    expect(sample(() => rng.int(largest)).every((value) => Number.isInteger(value) && value < largest)).toBe(
      true,
    );
    expect([...rng.permutation(0)]).toEqual([]);
    expect([...rng.permutation(1)]).toEqual([0]);
    expect([...rng.permutation(1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    // Of three things every order is as likely as another.
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = rng.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(1000));
  });
});

test('numbers for the usual α are what they were: a resumed run mixes as it did', () => {
  const drawn = (alpha: number) => {
    const rng = Rng.of(5, 'mix', alpha);
    return [rng.beta(alpha, alpha), rng.beta(alpha, alpha), rng.beta(alpha, 2 * alpha)];
  };
  expect(drawn(0.1)).toEqual([0.029165087507434857, 0.5571976720592458, 0.0000021766819241652133]);
  expect(drawn(0.2)).toEqual([0.14967693430981965, 0.32549361701012436, 0.0009391688939386427]);
  expect(drawn(1)).toEqual([0.4131836564123807, 0.9152463002125365, 0.5431242108314799]);
  expect(drawn(8)).toEqual([0.3060889010371013, 0.3318001712014795, 0.2280809768553278]);
});

function batch(): MixableBatch {
  const input = Float32Array.from({ length: 4 * 5 * 3 * 2 }, (_, i) => i);
  const target = new Float32Array(4 * 3);
  for (let n = 0; n < 4; n++) target[3 * n + (n % 3)] = 1;
  return { size: 4, height: 5, width: 3, channels: 2, classes: 3, input, target };
}

test(`mixing at every strength leaves finite pictures and targets that sum to one (CARDINAL_SEED=${seed})`, () => {
  const expectSound = ({ input, target }: MixableBatch) => {
    expect(input.every(Number.isFinite)).toBe(true);
    const rows = [0, 1, 2, 3].map((n) => target.subarray(3 * n, 3 * n + 3));
    const isSound = (row: Float32Array): boolean =>
      row.every((share) => share >= 0 && share <= 1) && Math.abs(row[0] + row[1] + row[2] - 1) < 5e-7;
    expect(rows.find((row) => !isSound(row))).toBeUndefined();
  };
  for (const alpha of [1e-300, 1e-6, 1e-3, 5e-3, 1, 1e6]) {
    for (let draw = 0; draw < 300; draw++) {
      for (const mix of [{ mixup: alpha }, { cutmix: alpha }, { mixup: alpha, cutmix: alpha }]) {
        const mixed = batch();
        mixBatch(mixed, mixSchema.parse(mix), Rng.of(seed, alpha, draw));
        expectSound(mixed);
      }
    }
  }
  for (const lambda of [0, 1]) {
    const mixed = batch();
    mixup(mixed, lambda);
    expectSound(mixed);
    const cut = batch();
    const corrected = cutmix(cut, lambda, Rng.of(seed, 'cut'));
    expect(corrected >= 0 && corrected <= 1).toBe(true);
    expectSound(cut);
  }
});

test(`crops lie within their picture at every limit (CARDINAL_SEED=${seed})`, () => {
  const limits = [
    [
      [0, 0],
      [1, 1],
    ],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [1e-9, 1e-9],
      [0.75, 4 / 3],
    ],
    [
      [0.08, 1],
      [1e-3, 1e-3],
    ],
    [
      [0.08, 1],
      [1e3, 1e3],
    ],
    [
      [1, 1],
      [0.01, 100],
    ],
  ] as const;
  for (const [scale, ratio] of limits) {
    for (const [width, height] of [
      [1, 1],
      [1, 500],
      [500, 1],
      [33, 20],
    ]) {
      const rng = Rng.of(seed, 'crop', width, height);
      for (let draw = 0; draw < 50; draw++) {
        const region = randomResizedRegion(width, height, scale, ratio, rng);
        expect(region.width >= 1 && region.height >= 1, JSON.stringify(region)).toBe(true);
        expect(region.left >= 0 && region.left + region.width <= width, JSON.stringify(region)).toBe(true);
        expect(region.top >= 0 && region.top + region.height <= height, JSON.stringify(region)).toBe(true);
      }
    }
  }
  const picture = { width: 2, height: 3, channels: 1 as const, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  expect(randomPadCrop(picture, 0, Rng.of(seed))).toEqual(picture);
});

test.each([NaN, Infinity, 0, -1])('a shape of %d is refused, not drawn from for ever', (shape) => {
  expect(() => Rng.of(seed).gamma(shape)).toThrow('expected a finite shape above 0');
  expect(() => Rng.of(seed).beta(shape, 1)).toThrow('expected a finite shape above 0');
  expect(() => Rng.of(seed).beta(1, shape)).toThrow('expected a finite shape above 0');
});
