import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { UsageError } from '../../../src/base/errors.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import type { TrainedOn } from '../../../src/run/training/train-on.ts';
import { continuedRecipe } from '../../../src/train/continue.ts';
import { learningRateAt } from '../../../src/train/schedule.ts';
import { recipes, recipeSchema, withOverrides, type Recipe } from '../../../src/train/recipe.ts';
import { train } from '../../../src/train/train.ts';
import { MemoryStore, runTraining, tinyRecipe, tinyRun } from '../../support/tiny-training.ts';
import { seed } from '../../support/seed.ts';
import { writeClasses } from '../data/support/sources.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

let root: string;
let photos: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-longer-'));
  photos = join(root, 'photos');
  await writeClasses(photos, { dark: 12, light: 12 });
});
afterAll(() => rm(root, { recursive: true }));

const backend = createReferenceBackend();
const network = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 2, baseWidth: 16, planes: 4 },
};
const go = (out: string, options: TrainOnOptions): Promise<TrainedOn> =>
  trainOn(photos, network, { backend, seed: 3, imageSize: 8, out: join(root, out), ...options });

const recipeOf = (epochs: number, schedule: object): Recipe =>
  recipeSchema.parse({
    name: 'own',
    epochs,
    batchSize: 6,
    optimizer: { kind: 'sgd', learningRate: 0.05 },
    schedule,
    ema: { decay: 0.9 },
  });
const schedules = {
  constant: { kind: 'constant', warmUp: { epochs: 1.5 } },
  step: { kind: 'step', every: 2, per: 'epoch' },
  'multi-step': { kind: 'multi-step', milestones: [1, 2.5, 4] },
};

async function expectSameFiles(a: string, b: string): Promise<void> {
  for (const name of ['best.safetensors', 'last.safetensors']) {
    const [one, other] = await Promise.all([a, b].map((run) => readFile(join(root, run, name))));
    expect(one.equals(other), `${name} of ${a} and ${b}`).toBe(true);
  }
}

describe('a run that goes on for longer', () => {
  test.each(Object.entries(schedules))(
    'with a learning rate of kind %s ends with the bytes of one that was as long from the start',
    async (kind, schedule) => {
      await go(`${kind}-whole`, { recipe: recipeOf(5, schedule) });
      await go(`${kind}-longer`, { recipe: recipeOf(3, schedule) });
      const { history } = await go(`${kind}-longer`, { resume: true, epochs: 5 });
      expect(history).toHaveLength(5);
      await expectSameFiles(`${kind}-longer`, `${kind}-whole`);

      // From the middle of an epoch, and told again by the recipe itself.
      const controller = new AbortController();
      const onEvent: TrainOnOptions['onEvent'] = (event) => {
        if (event.type === 'step' && event.step === 5) controller.abort();
      };
      const cut = `${kind}-cut`;
      await go(cut, { recipe: recipeOf(3, schedule), onEvent, signal: controller.signal });
      await go(cut, { recipe: recipeOf(5, schedule), resume: true });
      await expectSameFiles(cut, `${kind}-whole`);
    },
  );

  test('whose best weights come from before says its new recipe there as well', async () => {
    const run = 'multi-step-adopted';
    await go(run, { recipe: recipeOf(2, schedules.constant) });
    const early = await readFile(join(root, run, 'best.safetensors'));
    const says = (epochs: number): string => `{\\"name\\":\\"own\\",\\"epochs\\":${epochs},`;
    expect(early.includes(says(2))).toBe(true);
    const stop = new AbortController();
    // Ends before the first step of the third epoch: no better weights can have come.
    stop.abort();
    await go(run, { resume: true, epochs: 4, signal: stop.signal });
    const late = await readFile(join(root, run, 'best.safetensors'));
    // But for the digest of what it says.
    const contents = (bytes: Buffer): string =>
      bytes.toString('latin1').replace(/(?<="cardinal\.digest":"sha256:)\w+/, '');
    expect(contents(late)).toBe(contents(early).replace(says(2), says(4)));
  });

  test('cannot, if its learning rate falls along a cosine', async () => {
    await go('cosine', { recipe: 'quick', batchSize: 6, epochs: 1 });
    await expect(go('cosine', { resume: true, epochs: 2 })).rejects.toThrow(
      /^the run in .*cosine cannot go on to 2 epochs: its learning rate falls along a cosine to the end of 1, .*; train anew with 2 epochs, or begin another run with its best weights$/,
    );
    await expect(go('cosine', { resume: true, epochs: 2 })).rejects.toBeInstanceOf(UsageError);
  });
});

describe('a run that is over', () => {
  test('says so if nothing new is asked for, and changes nothing', async () => {
    const options = { recipe: recipeOf(2, schedules.step) };
    await go('over', options);
    await mkdir(join(root, 'over-before'));
    for (const name of ['best.safetensors', 'last.safetensors']) {
      await copyFile(join(root, 'over', name), join(root, 'over-before', name));
    }
    const warnings: string[] = [];
    const onEvent: TrainOnOptions['onEvent'] = (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    };
    for (const asked of [{}, options, { epochs: 2, batchSize: 6 }]) {
      const { reason, step } = await go('over', { ...asked, resume: true, onEvent });
      expect([reason, step]).toEqual(['finished', 6]);
    }
    expect(new Set(warnings)).toEqual(
      new Set([`the run in ${join(root, 'over')} has finished its 2 epochs: nothing is left to train`]),
    );
    await expectSameFiles('over', 'over-before');
  });

  test('tells that what a run begins with changes nothing any more', async () => {
    const warnings: string[] = [];
    const onEvent: TrainOnOptions['onEvent'] = (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    };
    const weights = join(root, 'nowhere.safetensors');
    await go('over', { resume: true, weights, head: 'reset', onEvent });
    await go('over', { resume: true, partial: true, onEvent });
    const run = `the run in ${join(root, 'over')} goes on with its own weights`;
    expect(warnings).toContain(`${run}: weights, head are for its beginning and change nothing now`);
    expect(warnings).toContain(`${run}: partial is for its beginning and changes nothing now`);
  });

  test.each<[string, TrainOnOptions, RegExp]>([
    ['fewer epochs', { epochs: 1 }, /is one of 2 epochs, expected more, got 1: it cannot become shorter/],
    ['another recipe', { recipe: 'cifar' }, /has learningRate 0.05, not 0.1: it goes on with its own recipe/],
    ['another batch', { batchSize: 5 }, /has batchSize 6, not 5: it goes on with its own recipe/],
    ['another rate', { learningRate: 0.1, epochs: 4 }, /has learningRate 0.05, not 0.1/],
    ['no average', { ema: 0.5 }, /has ema \{"decay":0.9,"warmUp":true\}, not \{"decay":0.5/],
    [
      'another augmentation',
      { augment: 'none' },
      /has augmentation 'shifts by up to 1 pixel, flips', not none: it goes on/,
    ],
    ['another seed', { seed: 4 }, /has seed 3, not 4: leave it out/],
    ['another size', { imageSize: 12 }, /has input size \[8,8\], not 12: leave it out/],
  ])('refuses %s', async (_, asked, message) => {
    await expect(go('over', { resume: true, ...asked })).rejects.toThrow(message);
    await expect(go('over', { resume: true, ...asked })).rejects.toBeInstanceOf(UsageError);
  });

  test('is no other for whoever calls train itself', async () => {
    const store = new MemoryStore();
    const recipe = tinyRecipe({ schedule: { kind: 'constant' } });
    await runTraining(tinyRun(seed, { store, recipe }));
    const resume = await store.read('last');
    const begin = (changes: object): Promise<unknown> =>
      train(tinyRun(seed, { resume, recipe, ...changes })).next();
    await expect(begin({ recipe: { ...recipe, clipNorm: 1 } })).rejects.toThrow(/has clipNorm off, not 1/);
    await expect(begin({ seed: seed + 1 })).rejects.toThrow(/has seed \d+, not \d+/);
    const { result } = await runTraining(tinyRun(seed, { store, resume, recipe: { ...recipe, epochs: 4 } }));
    expect(result).toMatchObject({ reason: 'finished', step: 20 });
  });
});

describe('the recipe with which a run goes on', () => {
  const begun = withOverrides(recipes.cifar, { epochs: 30 });

  test('is the one it was begun with, by name and epochs', () => {
    expect(continuedRecipe(begun, { recipe: 'cifar', epochs: 30 }, 'r')).toBe(begun);
    expect(continuedRecipe(begun, {}, 'r')).toBe(begun);
    expect(() => continuedRecipe(begun, { recipe: 'imagenet', epochs: 30 }, 'r')).toThrow(/^r has /);
  });

  test('keeps its drops where they were, and can be asked for in the same way again', () => {
    const longer = continuedRecipe(begun, { recipe: 'cifar', epochs: 40 }, 'r');
    expect(longer).toEqual({ ...begun, epochs: 40 });
    expect(continuedRecipe(longer, { recipe: 'cifar', epochs: 40 }, 'r')).toBe(longer);
    for (const epoch of [0, 14, 15, 22, 23, 29]) {
      const [before, after] = [begun, longer].map(({ schedule, epochs }) =>
        learningRateAt(schedule, 0.1, { step: 10 * epoch, stepsPerEpoch: 10, epochs }),
      );
      expect(after).toBe(before);
    }
  });
});
