import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Rng } from '../../src/base/rng.ts';
import { calibrate } from '../../src/train/calibrate.ts';
import { findMislabels, probabilitiesOf } from '../../src/train/mislabels.ts';
import { reliabilityOf, reliabilityOfSums, ReliabilityTally } from '../../src/train/reliability.ts';
import { seed } from '../support/seed.ts';

/** By PyTorch and NumPy: scripts/fixtures/judging.py. */
const list = z.array(z.number());
const cases = z
  .array(
    z.object({
      ...{ classes: z.number(), logits: list, labels: list, given: list },
      ...{ temperature: z.number(), loss: z.number(), ece: list, bins: z.array(z.array(list)) },
      learning: z.object({ thresholds: list, joint: z.array(list), found: z.array(list) }),
    }),
  )
  .parse(JSON.parse(await readFile(new URL('../fixtures/judging.json', import.meta.url), 'utf8')));

describe.each(cases)('of $classes classes', ({ classes, learning, ...given }) => {
  const logits = Float32Array.from(given.logits);
  const labels = Int32Array.from(given.labels);

  it('finds the temperature that PyTorch finds', () => {
    const { temperature, before, after } = calibrate(logits, labels);
    expect(temperature / given.temperature).toBeCloseTo(1, 6);
    expect(after.loss).toBeCloseTo(given.loss, 6);
    expect(before.temperature).toBe(1);
    expect(after.temperature).toBe(temperature);
    expect(after.loss).toBeLessThan(before.loss);
  });

  it('has the calibration errors and bins of the paper', () => {
    [1, given.temperature].forEach((temperature, at) => {
      const { ece, bins, pictures } = reliabilityOf(logits, labels, { temperature });
      expect(pictures).toBe(labels.length);
      expect(ece).toBeCloseTo(given.ece[at], 7);
      bins.forEach((bin, index) => {
        const [count, confidence, accuracy] = given.bins[at][index];
        expect(bin.pictures).toBe(count);
        expect(bin.confidence).toBeCloseTo(confidence, 6);
        expect(bin.accuracy).toBeCloseTo(accuracy, 12);
      });
    });
  });

  it('suspects what the paper suspects, in its order', () => {
    const found = findMislabels(probabilitiesOf(logits, { classes }), Int32Array.from(given.given));
    expect(found.found.map(({ index, suggested }) => [index, suggested])).toEqual(learning.found);
    found.thresholds.forEach((one, label) => {
      expect(one).toBeCloseTo(learning.thresholds[label], 6);
    });
    found.joint.forEach((row, label) => {
      row.forEach((one, other) => {
        expect(one).toBeCloseTo(learning.joint[label][other], 9);
      });
    });
  });

  it('adds up what several counted', () => {
    const halves = [new ReliabilityTally(2), new ReliabilityTally(2)];
    labels.forEach((label, row) => {
      halves[row % 2].add(logits.subarray(row * classes, (row + 1) * classes), label);
    });
    const whole = reliabilityOf(logits, labels, { temperature: 2 });
    const added = reliabilityOfSums(
      halves.map(({ sums }) => sums),
      2,
    );
    expect(added.ece).toBeCloseTo(whole.ece, 12);
    expect(added.loss).toBeCloseTo(whole.loss, 12);
  });
});

it('finds labels that were flipped on purpose: 9 of 10 at least, and 9 of 10 that it suspects', () => {
  const rng = Rng.of(seed, 'flipped');
  const [pictures, classes] = [2000, 5];
  const truth = Int32Array.from({ length: pictures }, () => rng.int(classes));
  const logits = Float32Array.from({ length: pictures * classes }, (_, at) => {
    const isTrue = at % classes === truth[Math.floor(at / classes)];
    return rng.normal() + (isTrue ? 7 : 0);
  });
  const isFlipped = truth.map((_, index) => (index % 20 === 0 ? 1 : 0));
  const given = truth.map((label, index) => (isFlipped[index] === 1 ? (label + 1) % classes : label));
  const { found, joint } = findMislabels(probabilitiesOf(logits, { classes }), given);
  const right = found.filter(({ index }) => isFlipped[index] === 1);
  expect(right.length / 100).toBeGreaterThan(0.9);
  expect(right.length / found.length).toBeGreaterThan(0.9);
  for (const { index, suggested } of right) expect(suggested).toBe(truth[index]);
  const off = joint.flatMap((row, label) => row.filter((_, other) => other !== label));
  expect(off.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(80);
});

describe('what fits no temperature', () => {
  it('is said', () => {
    expect(() => calibrate(Float32Array.of(2, 1, 1, 2), Int32Array.of(0, 1))).toThrow(
      /^calibrate: all 2 pictures are classified right/,
    );
    expect(() => calibrate(Float32Array.of(1, 2, 2, 1), Int32Array.of(0, 1))).toThrow(/no larger logits/);
    expect(() => calibrate(Float32Array.of(NaN, 2), Int32Array.of(0))).toThrow(/NaN or infinity/);
    expect(() => calibrate(Float32Array.of(1, 2, 3), Int32Array.of(0, 1))).toThrow(
      /^calibrate: expected pictures × classes numbers/,
    );
    expect(() => calibrate(Float32Array.of(1, 2), Int32Array.of(2))).toThrow(/labels from 0 to 1, got 2/);
  });

  it('takes logits of any size', () => {
    const logits = Float32Array.of(3e4, 0, 0, 3e4, 2e4, 0);
    const { temperature } = calibrate(logits, Int32Array.of(0, 1, 1));
    expect(temperature).toBeGreaterThan(1000);
    expect(reliabilityOf(Float32Array.of(NaN, 1), Int32Array.of(0)).pictures).toBe(0);
  });
});

it('leaves a class without pictures alone', () => {
  const { found, thresholds, joint } = findMislabels(
    Float32Array.of(0.1, 0.2, 0.7, 0.6, 0.3, 0.1),
    Int32Array.of(0, 0),
  );
  expect(found).toEqual([]);
  expect(thresholds[2]).toBeNaN();
  expect(joint[0]).toEqual([2, 0, 0]);
  expect(() => findMislabels(Float32Array.of(3, 1), Int32Array.of(0))).toThrow(/probabilities from 0 to 1/);
});
