import { describe, expect, test } from 'vitest';
import type { RunState } from '../../src/studio/train/service.ts';
import type { RunCurves } from '../../src/studio/train/curves.ts';
import { adviceOn } from '../../studio/src/train/advice.ts';
import { tableOf } from '../../studio/src/train/compare.ts';
import { everything, filtered } from '../../studio/src/train/filter.ts';
import { lookOf, mostDrawn, placesOf } from '../../studio/src/train/look.ts';
import { differingSettings, duration, standingOf, storyOf } from '../../studio/src/train/words.ts';

const state: RunState = {
  ...{ id: 'run:a', name: 'a', startedAt: undefined, model: 'resnet18', epochs: 3, settings: {} },
  training: 'no',
  hasCheckpoint: true,
};
const line = { epochs: Float64Array.of(), values: Float64Array.of() };
const pair = { training: line, validation: line };
const curves: RunCurves = {
  ...{ loss: pair, accuracy: pair, learningRate: line, speed: line, steps: 0, done: 1 },
  ...{ best: undefined, last: undefined, now: undefined, end: undefined, programBytes: undefined },
};
const now = { epochs: 1.5, learningRate: 5, imagesPerSecond: 20, waiting: 0, secondsLeft: 3 };

test('a run that was killed says so', () => {
  expect(storyOf(state, curves)).toEqual({
    text: 'It was cut off after 1 of 3 epochs: the program that trained it has ended.',
    isBad: true,
  });
});

describe('why a run ended before its time', () => {
  test('is the learning rate where its loss is no number: the next gets a tenth', () => {
    const end = { reason: 'not-finite', message: 'No.', epochs: 1.5 };
    const diverged = { ...curves, end, now, steps: 6 };
    expect(storyOf(state, diverged)).toEqual({
      text: 'Ended in epoch 2 of 3: the loss is no number any more.',
      isBad: true,
    });
    const advice = adviceOn(state, diverged);
    expect(advice?.text).toMatch(/^After step 6, with a learning rate of 5, the loss of a was no number/);
    expect(advice?.learningRate).toBe(0.5);
    expect(adviceOn({ ...state, training: 'here' }, diverged)).toBeUndefined();
  });

  test('is told without a rate where there was no step', () => {
    const end = { reason: 'not-finite', message: 'No.', epochs: 0 };
    const advice = adviceOn(state, { ...curves, end });
    expect(advice?.text).toMatch(/^At its first step the loss of a/);
    expect(advice?.learningRate).toBeUndefined();
  });

  test('is that it got no better, and what would help depends on what it knows by heart', () => {
    const early = {
      ...curves,
      end: { reason: 'stopped-early', message: undefined, epochs: 5 },
      best: { epoch: 2, loss: 1, top1: 0.6 },
      last: { epoch: 5, loss: 2, top1: 0.5 },
    };
    const learned = (top1: number): RunCurves => ({
      ...early,
      accuracy: { ...pair, training: { epochs: Float64Array.of(5), values: Float64Array.of(top1) } },
    });
    expect(adviceOn(state, learned(0.62))?.text).toMatch(
      /best after epoch 2 \(60\.0 % right\) and got no better in 3 more.*more patience/,
    );
    expect(adviceOn(state, learned(0.99))?.text).toMatch(/99\.0 % are right: it knows them by heart/);
  });
});

test.each([
  [{ training: 'here', end: 'finished' }, 'training'],
  [{ training: 'no', end: 'not-finite' }, 'diverged'],
  [{ training: 'no', end: undefined }, 'cut'],
  [{ training: 'no', end: undefined, error: 'no memory' }, 'failed'],
] as const)('%j stands as %s', (run, standing) => {
  expect(standingOf(run)).toBe(standing);
});

describe('the list of runs', () => {
  const runs = ['one', 'two', 'three 10', 'three 9'].map((name, at): RunState => ({
    ...{ ...state, id: `run:${name}`, name, startedAt: `2026-01-0${at + 1}T00:00:00Z` },
    model: at === 0 ? 'resnet18' : 'resnext50_32x4d',
    settings: { data: at < 2 ? '/photos' : '/clothes', seed: String(at) },
    end: at === 1 ? 'finished' : undefined,
  }));
  const names = (changes: Partial<typeof everything>): string[] =>
    filtered(runs, { ...everything, ...changes }).map(({ name }) => name);

  test('has the newest first', () => {
    expect(names({})).toEqual(['three 9', 'three 10', 'two', 'one']);
  });

  test('is filtered by words, which may be settings', () => {
    expect(names({ text: 'THREE' })).toEqual(['three 9', 'three 10']);
    expect(names({ text: 'clothes RESNEXT 10' })).toEqual(['three 10']);
    expect(names({ text: 'nobody' })).toEqual([]);
  });

  test('is filtered by state, network and data, and ordered by names with numbers', () => {
    expect(names({ standing: 'finished' })).toEqual(['two']);
    expect(names({ network: 'resnet18' })).toEqual(['one']);
    expect(names({ data: '/clothes', order: 'name' })).toEqual(['three 9', 'three 10']);
  });
});

describe('how runs are drawn', () => {
  test('no two of them alike', () => {
    const looks = Array.from({ length: mostDrawn }, (_, place) => lookOf(place));
    const told = looks.map(({ colour, dash, symbol }) => `${colour} ${dash ?? ''} ${symbol}`);
    expect(new Set(told).size).toBe(12);
  });

  test('a run keeps its place when others come and go', () => {
    const first = placesOf(['a', 'b', 'c'], new Map());
    expect([...first.values()]).toEqual([0, 1, 2]);
    const next = placesOf(['d', 'c', 'a'], first);
    expect(Object.fromEntries(next)).toEqual({ a: 0, c: 2, d: 1 });
  });
});

test('settings that all runs have alike are left out, of the table as well', () => {
  const runs = [
    { ...state, settings: { seed: '1', epochs: '3', network: 'a' } },
    { ...state, name: 'b', settings: { seed: '2', epochs: '3', network: 'a', frozen: 'stem' } },
  ];
  expect(differingSettings(runs)).toEqual(['seed', 'frozen']);
  const best = { epoch: 1, loss: 0.5, top1: 0.25 };
  const { head, rows } = tableOf(runs.map((run) => ({ run, curves: { ...curves, best } })));
  expect(head.slice(-2)).toEqual(['seed', 'frozen']);
  expect(rows).toEqual([
    ['a', 'cut off', '1 of 3', '25.0 %', '1', '0.500', '1', 'none'],
    ['b', 'cut off', '1 of 3', '25.0 %', '1', '0.500', '2', 'stem'],
  ]);
});

test.each([
  [44.6, '45 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
  [Number.NaN, 'not known yet'],
])('%f seconds in words', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
