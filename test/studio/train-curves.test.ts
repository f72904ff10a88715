import { describe, expect, test } from 'vitest';
import { CurveBuilder, type RunCurves } from '../../src/studio/train/curves.ts';
import { GrowingLine } from '../../src/studio/train/growing-line.ts';
import type { MetricsRecord } from '../../src/run/folder/metrics-file.ts';

const step = (number: number, loss: number | null): MetricsRecord => ({
  ...{ type: 'step', step: number, stepsPerEpoch: 4, loss, top1: 0.5, learningRate: 0.1 },
  ...{ imagesPerSecond: 20, waiting: 0, secondsLeft: 3 },
});
const epoch = (number: number, top1: number, best = true): MetricsRecord => ({
  ...{ type: 'epoch', epoch: number, best, validation: { loss: 1, top1 } },
});

function curvesOf(records: readonly MetricsRecord[]): RunCurves {
  const builder = new CurveBuilder();
  for (const record of records) builder.add(record);
  return builder.curves;
}

const list = (values: Float64Array): number[] => [...values];

describe('curves of a run', () => {
  test('stand at the epochs that are done, in whatever batches', () => {
    const { loss, accuracy, done, steps } = curvesOf([step(1, 2), step(2, 1.5), step(4, 1), epoch(0, 0.25)]);
    expect(list(loss.training.epochs)).toEqual([0.25, 0.5, 1]);
    expect(list(loss.training.values)).toEqual([2, 1.5, 1]);
    expect(list(accuracy.validation.epochs)).toEqual([1]);
    expect(list(accuracy.validation.values)).toEqual([0.25]);
    expect([done, steps]).toEqual([1, 3]);
  });

  test('leave out a loss that is no number, and tell where it was', () => {
    const { loss, end, now } = curvesOf([
      step(1, 2),
      step(6, null),
      { type: 'end', reason: 'not-finite', message: 'No.' },
    ]);
    expect(list(loss.training.values)).toEqual([2]);
    expect(end).toEqual({ reason: 'not-finite', message: 'No.', epochs: 1.5 });
    expect(now?.learningRate).toBe(0.1);
  });

  test('of a run that goes on have no end', () => {
    const end = { type: 'end', reason: 'interrupted' };
    expect(curvesOf([step(1, 2), end]).end?.reason).toBe('interrupted');
    expect(curvesOf([step(1, 2), end, { type: 'start' }]).end).toBeUndefined();
    expect(curvesOf([step(1, 2), end, step(2, 1)]).end).toBeUndefined();
  });

  test('know the best epoch by what the run said, and the newest', () => {
    const { best, last } = curvesOf([epoch(0, 0.5), epoch(1, 0.75), epoch(2, 0.75, false)]);
    expect(best).toEqual({ epoch: 2, loss: 1, top1: 0.75 });
    expect(last).toEqual({ epoch: 3, loss: 1, top1: 0.75 });
  });

  test('of fifty thousand steps are as small as of some hundred', () => {
    const builder = new CurveBuilder();
    for (let n = 1; n <= 50_000; n++) builder.add(step(n, 1 / n));
    const { loss, learningRate, speed, steps } = builder.curves;
    expect(steps).toBe(50_000);
    for (const line of [loss.training, learningRate, speed]) {
      expect(line.values.length).toBeGreaterThanOrEqual(300);
      expect(line.values.length).toBeLessThanOrEqual(600);
      expect(line.epochs.at(-1)).toBe(12_500);
    }
  });
});

describe('a line that grows', () => {
  test('has means of neighbours, each at the last of them', () => {
    const line = new GrowingLine(2);
    for (let at = 1; at <= 10; at++) line.add(at, 10 * at);
    // Of five points pairs were made, and of five again.
    expect(list(line.line.epochs)).toEqual([4, 8, 10]);
    expect(list(line.line.values)).toEqual([25, 65, 95]);
  });

  test('keeps the mean of all that is finite', () => {
    const line = new GrowingLine(4);
    const values = Array.from({ length: 64 }, (_, at) => (at % 3 === 0 ? Number.NaN : at));
    for (const [at, value] of values.entries()) line.add(at, value);
    const finite = values.filter(Number.isFinite);
    const { values: means } = line.line;
    expect(means.every(Number.isFinite)).toBe(true);
    // Each point has eight numbers, of which five or six are finite.
    expect(means).toHaveLength(8);
    expect(means[0]).toBeCloseTo((1 + 2 + 4 + 5 + 7) / 5, 12);
    expect(Math.min(...means)).toBeGreaterThanOrEqual(Math.min(...finite));
  });
});
