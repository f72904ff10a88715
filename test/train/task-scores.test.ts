import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { averagePrecision, evaluationOfTask, rankOf } from '../../src/train/task-tally.ts';

/** By scikit-learn: scripts/fixtures/scores.py. */
const list = z.array(z.number());
const { labels, numbers } = z
  .object({
    labels: z.object({
      ...{ logits: list, targets: list, averagePrecision: list, precision: list, recall: list, f1: list },
      ...{ mAP: z.number(), microF1: z.number(), macroF1: z.number() },
    }),
    numbers: z.object({
      ...{ outputs: list, targets: list, mae: z.number(), rmse: z.number(), r2: z.number() },
      each: z.object({ mae: list, rmse: list, r2: list }),
    }),
  })
  .parse(JSON.parse(await readFile(new URL('../fixtures/scores.json', import.meta.url), 'utf8')));

test('labels: average precision and F1, as scikit-learn has them', () => {
  const { scores, total, loss } = evaluationOfTask(
    'labels',
    ['a', 'b', 'c', 'd'],
    labels.logits,
    labels.targets,
  );
  if (scores?.task !== 'labels') throw new Error('expected the scores of labels');
  expect(total).toBe(40);
  for (const key of ['mAP', 'microF1', 'macroF1'] as const) expect(scores[key]).toBeCloseTo(labels[key], 12);
  for (const key of ['averagePrecision', 'precision', 'recall', 'f1'] as const) {
    scores.perLabel.forEach((label, k) => {
      expect(label[key], `${key} of ${label.name}`).toBeCloseTo(labels[key][k], 12);
    });
  }
  expect(scores.perLabel.map((label) => label.total)[3]).toBe(0);
  const entropies = labels.logits.map((x, at) => Math.log(1 + Math.exp(labels.targets[at] > 0 ? -x : x)));
  expect(loss).toBeCloseTo(entropies.reduce((sum, one) => sum + one, 0) / entropies.length, 12);
  expect(rankOf({ top1: 0, scores: { mAP: 0.5 } })).toBe(0.5);
});

test('numbers: errors and R², as scikit-learn has them', () => {
  const { scores, loss } = evaluationOfTask('numbers', ['x', 'y'], numbers.outputs, numbers.targets);
  if (scores?.task !== 'numbers') throw new Error('expected the scores of numbers');
  for (const key of ['mae', 'rmse', 'r2'] as const) {
    expect(scores[key]).toBeCloseTo(numbers[key], 10);
    scores.perNumber.forEach((one, k) => {
      expect(one[key], `${key} of ${one.name}`).toBeCloseTo(numbers.each[key][k], 10);
    });
  }
  expect(loss).toBeCloseTo(numbers.rmse ** 2, 8);
  expect(rankOf({ top1: 0, scores: { rmse: 2 } })).toBe(-2);
});

test('nothing and constants have scores, too', () => {
  expect(averagePrecision([], [])).toBe(0);
  const constant = evaluationOfTask('numbers', ['x'], [1, 1], [1, 1]);
  expect(constant.scores).toMatchObject({ rmse: 0, r2: 1 });
  expect(evaluationOfTask('numbers', ['x'], [1, 2], [1, 1]).scores).toMatchObject({ r2: 0 });
});
