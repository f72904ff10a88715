import { expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { patience } from '../../src/train/early-stopping.ts';
import type { EpochRecord } from '../../src/train/progress.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { seed } from '../support/seed.ts';
import { MemoryStore, runTraining, tinyRecipe, tinyRun } from '../support/tiny-training.ts';

const recipe = tinyRecipe({ epochs: 5 });
const whole = await runTraining(tinyRun(seed, { recipe }));
const history = whole.result?.history ?? [];

/** The checkpoint after two epochs, as a process that is killed then leaves it, and what the run told until then. */
const store = new MemoryStore();
await runTraining(tinyRun(seed, { recipe, store }), async (event) => {
  if (event.type !== 'checkpoint' || event.kind !== 'last') return false;
  return (await store.read('last')).training?.progress.epoch === 2;
});
const resume = await store.read('last');

async function goOn(from: Checkpoint, known?: readonly EpochRecord[]) {
  const options = { recipe: undefined, resume: from, ...(known === undefined ? {} : { history: known }) };
  const { events, result } = await runTraining(tinyRun(seed, options));
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { warnings, epochs: result?.history };
}

test('a checkpoint does not grow with the epochs that are done', async () => {
  const lengths: number[] = [];
  const growing = new MemoryStore();
  await runTraining(tinyRun(seed, { recipe: tinyRecipe({ epochs: 12 }), store: growing }), async (event) => {
    if (event.type !== 'checkpoint' || event.kind !== 'last') return false;
    const { metadata } = await readSafetensors(growing.bytes('last'));
    lengths.push((metadata.get('training') ?? '').length);
    expect(metadata.get('training')).not.toMatch(/history/);
    return false;
  });
  // Numbers have a digit more here and there.
  expect(Math.abs(lengths[12] - lengths[2])).toBeLessThan(60);
});

test('the history goes on where it is given, and is told to be short where it is not', async () => {
  expect(await goOn(resume, history.slice(0, 2))).toEqual({ warnings: [], epochs: history });
  const short = await goOn(resume);
  expect(short.epochs).toEqual(history.slice(2));
  expect(short.warnings).toEqual([expect.stringMatching(/^what 0 of the 2 epochs so far came to is known/)]);
  // Of an epoch whose line was damaged.
  const holed = await goOn(resume, history.slice(1, 2));
  expect(holed.epochs).toEqual(history.slice(1));
  expect(holed.warnings).toEqual([expect.stringMatching(/^what 1 of the 2 epochs so far/)]);
});

test('the history in a checkpoint of an earlier version is read', async () => {
  const { training, ...rest } = resume;
  if (training === undefined) throw new Error('no training state');
  const progress = { ...training.progress, history: history.slice(0, 2) };
  const old = { ...rest, training: { ...training, progress } };
  expect(await goOn(old)).toEqual({ warnings: [], epochs: history });
});

test('patience needs no history: it ends where the whole run does', async () => {
  const stopWhen = patience(1);
  const full = await runTraining(tinyRun(seed, { recipe, stopWhen }));
  const cut = new MemoryStore();
  const { result } = await runTraining(
    tinyRun(seed, { recipe, stopWhen, store: cut }),
    ({ type }) => type === 'epoch',
  );
  expect(result).toBeUndefined();
  let steps = 0;
  for (let lives = 0; lives < 10 && steps === 0; lives++) {
    const from = await cut.read('last');
    const after = await runTraining(
      tinyRun(seed, { recipe: undefined, resume: from, store: cut, stopWhen }),
      // Killed behind the last checkpoint: before it, an epoch that is the best again and again would never end.
      (event, count) => event.type === 'checkpoint' && event.kind === 'last' && count > 8,
    );
    steps = after.result?.step ?? 0;
  }
  expect(steps, `seed ${seed}`).toBe(full.result?.step);
});

test.each([
  [
    'of epochs that are still to be done',
    [...history.slice(0, 3)],
    /^history: expected the 2 epochs that the run/,
  ],
  ['in another order', history.slice(0, 2).toReversed(), /got epoch 0 where none such may be/],
  ['of something else', [{ epoch: 0 }] as unknown as EpochRecord[], /^history: 0\./],
])('a history %s is refused', async (_, known, message) => {
  const failed = goOn(resume, known);
  await expect(failed).rejects.toThrow(message);
  if (known.length > 1) await expect(failed).rejects.toThrow(UsageError);
});
