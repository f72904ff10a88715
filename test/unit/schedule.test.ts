import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
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
