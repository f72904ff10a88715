import { expect, test } from 'vitest';

import { Rng } from '../../src/base/rng.ts';
import { cutmix, mixBatch, mixup, type MixableBatch } from '../../src/data/mix.ts';
import { mixSchema } from '../../src/data/preprocessing.ts';

const shape = { height: 6, width: 8, channels: 3 };

/** Picture n is filled with n + 1 and belongs to class n mod 3; row `size` is padding. */
function batch(size: number): MixableBatch {
  const pictureSize = shape.height * shape.width * shape.channels;
  const input = new Float32Array((size + 1) * pictureSize);
  const target = new Float32Array((size + 1) * 3);
  for (let n = 0; n < size; n++) {
    input.fill(n + 1, n * pictureSize, (n + 1) * pictureSize);
    target[n * 3 + (n % 3)] = 1;
  }
  return { ...shape, size, classes: 3, input, target };
}

const rowSums = ({ target, size }: MixableBatch): number[] =>
  Array.from({ length: size }, (_, n) => target[3 * n] + target[3 * n + 1] + target[3 * n + 2]);

test('mixup by hand: each picture with the one before it, the first with the last', () => {
  const mixed = batch(3);
  mixup(mixed, 0.75);
  const pictureSize = shape.height * shape.width * shape.channels;
  expect([0, 1, 2, 3].map((n) => mixed.input[n * pictureSize])).toEqual([
    0.75 * 1 + 0.25 * 3,
    0.75 * 2 + 0.25 * 1,
    0.75 * 3 + 0.25 * 2,
    0,
  ]);
  expect([...mixed.target]).toEqual([0.75, 0, 0.25, 0.25, 0.75, 0, 0, 0.25, 0.75, 0, 0, 0]);
});

test('CutMix: the share of foreign pixels is the share of the foreign target, clipped boxes included', () => {
  const pictureSize = shape.height * shape.width * shape.channels;
  for (let draw = 0; draw < 200; draw++) {
    const mixed = batch(4);
    const rng = Rng.of(13, draw);
    const lambda = cutmix(mixed, rng.float(), rng);
    for (let n = 0; n < 4; n++) {
      const picture = mixed.input.subarray(n * pictureSize, (n + 1) * pictureSize);
      const own = picture.filter((value) => value === n + 1).length / pictureSize;
      const partner = ((n + 3) % 4) + 1;
      expect(picture.every((value) => value === n + 1 || value === partner)).toBe(true);
      expect(own).toBeCloseTo(lambda, 12);
    }
    expect(mixed.target[3]).toBeCloseTo(1 - lambda, 6);
    expect(mixed.target[4]).toBeCloseTo(lambda, 6);
  }
});

test('targets always sum to one, padding stays zero, both mixes occur in their shares', () => {
  const mix = mixSchema.parse({ mixup: 0.2, cutmix: 1, probability: 0.8 });
  const counts = { none: 0, mixup: 0, cutmix: 0 };
  for (let draw = 0; draw < 2000; draw++) {
    const mixed = batch(5);
    mixBatch(mixed, mix, Rng.of(17, draw));
    for (const sum of rowSums(mixed)) expect(sum).toBeCloseTo(1, 6);
    expect([...mixed.target.slice(15)]).toEqual([0, 0, 0]);
    expect(mixed.input.subarray(5 * 144).every((value) => value === 0)).toBe(true);
    const untouched = mixed.target[0] === 1 && mixed.input[0] === 1;
    const whole = mixed.input.every((value) => Number.isInteger(value));
    counts[untouched && whole ? 'none' : whole ? 'cutmix' : 'mixup']++;
  }
  // Expected 400, 800, 800. A mixup with λ = 1 to single precision, or an empty box, counts as none.
  expect(counts.none).toBeGreaterThan(350);
  expect(counts.none).toBeLessThan(700);
  expect(counts.mixup).toBeGreaterThan(550);
  expect(counts.cutmix).toBeGreaterThan(650);
});

test('a batch of one is its own partner, and no mix leaves a batch alone', () => {
  const single = batch(1);
  mixup(single, 0.3);
  expect(single.input[0]).toBeCloseTo(1, 6);
  expect(rowSums(single)[0]).toBeCloseTo(1, 6);
  const untouched = batch(3);
  mixBatch(untouched, mixSchema.parse({}), Rng.of(1));
  expect(untouched).toEqual(batch(3));
});
