import { describe, expect, test } from 'vitest';
import type { RunState } from '../../src/studio/train/service.ts';
import { curvesOf, thinned } from '../../studio/src/train/curves.ts';
import { differingSettings, duration, storyOf } from '../../studio/src/train/words.ts';

const step = (number: number, loss: number | null) => ({
  ...{ type: 'step', step: number, stepsPerEpoch: 4, loss, top1: 0.5, learningRate: 0.1 },
  ...{ imagesPerSecond: 20, waiting: 0, secondsLeft: 3 },
});
const epoch = (number: number, top1: number) => ({
  ...{ type: 'epoch', epoch: number, validation: { loss: 1, top1 } },
});
const state: RunState = {
  ...{ id: 'run:a', name: 'a', startedAt: undefined, model: 'resnet18', epochs: 3, settings: {} },
  training: 'no',
  hasCheckpoint: true,
};

describe('curves of a run', () => {
  test('stand at the epochs that are done, in whatever batches', () => {
    const curves = curvesOf([step(1, 2), step(2, 1.5), step(4, 1), epoch(0, 0.25)]);
    expect(curves.loss.training).toEqual([
      { epochs: 0.25, value: 2 },
      { epochs: 0.5, value: 1.5 },
      { epochs: 1, value: 1 },
    ]);
    expect(curves.accuracy.validation).toEqual([{ epochs: 1, value: 0.25 }]);
    expect(curves.done).toBe(1);
  });

  test('leave out a loss that is no number, and tell where it was', () => {
    const curves = curvesOf([
      step(1, 2),
      step(6, null),
      { type: 'end', reason: 'not-finite', message: 'No.' },
    ]);
    expect(curves.loss.training).toHaveLength(1);
    expect(curves.end).toMatchObject({ reason: 'not-finite', epochs: 1.5 });
    const { text, isBad } = storyOf(state, curves);
    expect(isBad).toBe(true);
    expect(text).toContain('in epoch 2');
  });

  test('of a run that goes on have no end', () => {
    const end = { type: 'end', reason: 'interrupted' };
    expect(curvesOf([step(1, 2), end]).end?.reason).toBe('interrupted');
    expect(curvesOf([step(1, 2), end, step(2, 1)]).end).toBeUndefined();
  });

  test('are thinned to means', () => {
    const points = Array.from({ length: 10 }, (_, at) => ({ epochs: at + 1, value: at }));
    expect(thinned(points, 5)).toEqual(
      [0.5, 2.5, 4.5, 6.5, 8.5].map((value, at) => ({ epochs: 2 * at + 2, value })),
    );
  });
});

test('a run that was killed says so', () => {
  const { text, isBad } = storyOf(state, curvesOf([step(4, 1), epoch(0, 0.5)]));
  expect([text, isBad]).toEqual([
    'It was cut off after 1 of 3 epochs: the program that trained it has ended.',
    true,
  ]);
});

test('settings that all runs have alike are left out', () => {
  const runs = [
    { seed: '1', epochs: '3', network: 'a' },
    { seed: '2', epochs: '3', network: 'a', frozen: 'stem' },
  ];
  expect(differingSettings(runs.map((settings) => ({ settings })))).toEqual(['seed', 'frozen']);
});

test.each([
  [44.6, '45 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
  [Number.NaN, 'not known yet'],
])('%f seconds in words', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
