import { expect, test } from 'vitest';
import { Meter } from '../../src/train/meter.ts';

test('speed, time left and the share of waiting follow from the clock', async () => {
  let time = 0;
  const meter = new Meter(() => time);
  const after = (milliseconds: number): Promise<void> =>
    Promise.resolve().then(() => {
      time += milliseconds;
    });
  meter.resume();
  for (let step = 0; step < 4; step++) {
    await meter.waitFor(after(10));
    time += 30;
    meter.step();
  }
  expect(meter.stepsPerSecond).toBeCloseTo(25);
  expect(meter.waiting).toBeCloseTo(0.25);
  time += 500;
  meter.evaluation();
  expect(meter.secondsFor(10, 2)).toBeCloseTo(10 * 0.04 + 2 * 0.5);
});

test('what happens before it resumes counts for nothing', async () => {
  let time = 0;
  const meter = new Meter(() => time);
  time = 1000;
  meter.resume();
  await meter.waitFor(Promise.resolve());
  time += 20;
  meter.step();
  expect(meter.stepsPerSecond).toBeCloseTo(50);
  expect(meter.waiting).toBe(0);
});
