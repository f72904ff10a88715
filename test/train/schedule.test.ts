import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import { learningRateAt, scheduleSchema, stretchSchedule } from '../../src/train/schedule.ts';

/** Made by scripts/fixtures/schedules.py from torch.optim.lr_scheduler with a rate of 0.1. */
const cases = z
  .array(
    z.object({
      name: z.string(),
      schedule: scheduleSchema,
      epochs: z.number(),
      stepsPerEpoch: z.number(),
      rates: z.array(z.number()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../fixtures/schedules.json', import.meta.url), 'utf8')));

test.each(cases)('$name is as in PyTorch', ({ schedule, epochs, stepsPerEpoch, rates }) => {
  const stepsPerTick = schedule.per === 'step' ? 1 : stepsPerEpoch;
  expect(rates.length * stepsPerTick).toBe(epochs * stepsPerEpoch);
  for (let step = 0; step < epochs * stepsPerEpoch; step++) {
    const ours = learningRateAt(schedule, 0.1, { step, stepsPerEpoch, epochs });
    const theirs = rates[Math.floor(step / stepsPerTick)];
    // PyTorch multiplies its way from step to step, so it carries rounding along.
    expect(Math.abs(ours - theirs) / theirs, `step ${step}: ${ours}, PyTorch ${theirs}`).toBeLessThan(1e-9);
  }
});

describe('extremes', () => {
  const rates = (schedule: unknown, epochs: number, stepsPerEpoch: number) =>
    Array.from({ length: epochs * stepsPerEpoch }, (_, step) =>
      learningRateAt(scheduleSchema.parse(schedule), 0.1, { step, stepsPerEpoch, epochs }),
    );

  test.each([
    [{ kind: 'constant' }],
    [{ kind: 'step', every: 1 }],
    [{ kind: 'multi-step', milestones: [1] }],
    [{ kind: 'cosine' }],
    [{ kind: 'cosine', per: 'epoch' }],
    [{ kind: 'cosine', floor: 1 }],
  ])('a run of one step has the rate itself: %j', (schedule) => {
    expect(rates(schedule, 1, 1)).toEqual([0.1]);
  });

  test('a warm-up as long as the run, or longer, or shorter than a step', () => {
    const from = (epochs: number) => ({ kind: 'cosine', warmUp: { epochs, from: 0 } });
    expect(rates(from(2), 2, 2)).toEqual([0, 0.025, 0.05, expect.closeTo(0.075, 15)]);
    expect(rates(from(4), 1, 2)).toEqual([0, 0.0125]);
    expect(rates(from(0.01), 1, 1)).toEqual([0]);
    for (const rate of rates(from(1.9999), 2, 10)) expect(rate).toBeGreaterThanOrEqual(0);
  });

  test('a fraction of an epoch that is a number of steps is just that', () => {
    // 0.7·10 is 7.000000000000001.
    expect(rates({ kind: 'multi-step', milestones: [0.7] }, 1, 10)[7]).toBeCloseTo(0.01, 15);
    expect(rates({ kind: 'step', every: 0.7 }, 1, 10)[7]).toBeCloseTo(0.01, 15);
    expect(rates({ kind: 'step', every: 0.06 }, 1, 10)[6]).toBeCloseTo(0.1 * 0.1 ** 10, 20);
    const warm = { kind: 'constant', warmUp: { epochs: 0.7, from: 0 } };
    expect(rates(warm, 1, 10)[7]).toBe(0.1);
  });
});

describe('stretching', () => {
  test('milestones move in proportion, and the curve stays', () => {
    const long = scheduleSchema.parse({ kind: 'multi-step', milestones: [150, 225], per: 'epoch' });
    const short = stretchSchedule(long, 300, 4);
    const rates = [0, 1, 2, 3].map((epoch) =>
      learningRateAt(short, 1, { step: epoch * 10, stepsPerEpoch: 10, epochs: 4 }),
    );
    expect(rates).toEqual([1, 1, 0.1, expect.closeTo(0.01, 12)]);
  });

  test('a stretched cosine passes through the same points', () => {
    const long = scheduleSchema.parse({ kind: 'cosine', warmUp: { epochs: 2 } });
    const short = stretchSchedule(long, 20, 10);
    for (let epoch = 0; epoch < 10; epoch++) {
      const a = learningRateAt(long, 0.1, { step: 2 * epoch * 50, stepsPerEpoch: 50, epochs: 20 });
      const b = learningRateAt(short, 0.1, { step: epoch * 50, stepsPerEpoch: 50, epochs: 10 });
      expect(b).toBeCloseTo(a, 12);
    }
  });
});

test.each([
  { kind: 'linear' },
  { kind: 'step', every: 0 },
  { kind: 'multi-step', milestones: [] },
  { kind: 'cosine', gamma: 0.1 },
  { kind: 'constant', warmUp: { epochs: -1 } },
])('%o is refused', (schedule) => {
  expect(scheduleSchema.safeParse(schedule).success).toBe(false);
});
