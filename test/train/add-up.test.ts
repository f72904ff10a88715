import { describe, expect, test } from 'vitest';
import type { BatchLoader } from '../../src/data/dataset.ts';
import { evaluationOfAll } from '../../src/train/add-up.ts';
import { Tally } from '../../src/train/tally.ts';
import { evaluationOfTask, TaskTally } from '../../src/train/task-tally.ts';
import { createTrainingRanks } from '../support/training-ranks.ts';

const names = ['a', 'b'];
const loaderOf = (skipped: BatchLoader['skipped']): BatchLoader =>
  ({ dataset: { name: 'pets/val', length: 4 }, skipped }) as BatchLoader;

test('two ranks that counted half each have what one that counted all has', async () => {
  const logits = Float32Array.of(2, 1, 0.5, 3, 1, 0, -1, 4);
  const labels = Int32Array.of(0, 1, 1, 1);
  const alone = new Tally(names);
  alone.add(logits, labels);
  const halves = [0, 1].map((rank) => {
    const tally = new Tally(names);
    tally.add(logits.subarray(4 * rank, 4 * rank + 4), labels.subarray(2 * rank, 2 * rank + 2));
    return tally;
  });
  const found = await Promise.all(
    createTrainingRanks(2).map((ranks, rank) => evaluationOfAll(halves[rank], ranks, loaderOf([]))),
  );
  expect(found[0]).toMatchObject({ total: 4, correct: 3 });
  expect(found[1]).toEqual(found[0]);
  expect(found[0].loss).toBeCloseTo(alone.evaluation().loss, 12);
  expect({ ...found[0], loss: 0 }).toEqual({ ...alone.evaluation(), loss: 0 });
});

test('all ranks are refused if none could read a picture, whoever failed first', async () => {
  const failures = [[], [{ id: 'pets/val/a/1.png', reason: 'it ends early' }]];
  const ends = await Promise.allSettled(
    createTrainingRanks(2).map((ranks, rank) =>
      evaluationOfAll(new Tally(names), ranks, loaderOf(failures[rank])),
    ),
  );
  for (const end of ends) {
    expect(String((end as PromiseRejectedResult).reason)).toBe(
      'CardinalError: none of the 4 pictures of pets/val could be read; pets/val/a/1.png: it ends early',
    );
  }
});

describe('numbers', () => {
  const given = [
    { outputs: Float32Array.of(1, -2.5, 3, 0.1), targets: Float32Array.of(1.5, -2, 2, 0) },
    { outputs: Float32Array.of(7, 8), targets: Float32Array.of(6, 9) },
  ];
  const ends = (rows: typeof given, skipped: BatchLoader['skipped'][] = [[], []]) =>
    Promise.allSettled(
      createTrainingRanks(2).map((ranks, rank) => {
        const tally = new TaskTally('numbers', ['x', 'y']);
        tally.add(rows[rank].outputs, rows[rank].targets, rows[rank].outputs.length / 2);
        return tally.evaluation(ranks, loaderOf(skipped[rank]));
      }),
    );

  test('of two ranks come to what one that has all comes to', async () => {
    const all = (key: 'outputs' | 'targets'): number[] => given.flatMap((own) => [...own[key]]);
    const value = evaluationOfTask('numbers', ['x', 'y'], all('outputs'), all('targets'));
    expect(value.total).toBe(3);
    expect(await ends(given)).toEqual([0, 1].map(() => ({ status: 'fulfilled', value })));
  });

  test('that are none stay so, and are not taken for 0', async () => {
    const outputs = Float32Array.of(NaN, 1);
    const value = expect.objectContaining({
      scores: expect.objectContaining({ rmse: NaN }) as unknown,
    }) as unknown;
    expect(await ends([given[0], { outputs, targets: given[1].targets }])).toEqual(
      [0, 1].map(() => ({ status: 'fulfilled', value })),
    );
  });

  test('of no picture at all are refused on all ranks', async () => {
    const none = { outputs: new Float32Array(0), targets: new Float32Array(0) };
    for (const end of await ends([none, none], [[], [{ id: '1.png', reason: 'it ends early' }]])) {
      expect(String((end as PromiseRejectedResult).reason)).toBe(
        'CardinalError: none of the 4 pictures of pets/val could be read; 1.png: it ends early',
      );
    }
  });
});
