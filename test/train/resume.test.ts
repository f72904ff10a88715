import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { seed } from '../support/seed.ts';
import { freeze } from '../../src/nn/index.ts';
import {
  frozenModel,
  frozenParts,
  MemoryStore,
  runTraining,
  tinyModel,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

const everything = tinyRecipe({
  clipNorm: 0.5,
  accumulate: 2,
  ema: { decay: 0.9 },
  labelSmoothing: 0.1,
});
const kinds = ['best', 'last'] as const;
const plain = tinyRecipe({ optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0 } });
const recipes = {
  'SGD with everything': everything,
  AdamW: tinyRecipe({
    optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.01, decayNorms: false },
  }),
  'plain SGD': plain,
};
const runs = [
  ...Object.entries(recipes).map(([name, recipe]) => ({ name, recipe, model: () => tinyModel() })),
  { name: 'frozen parts, SGD with everything', recipe: everything, model: () => frozenModel() },
  { name: 'frozen parts, plain SGD', recipe: plain, model: () => frozenModel() },
];

describe.each(runs)('$name', ({ recipe, model }) => {
  test('a run that is killed again and again ends with the same bytes', async () => {
    const whole = new MemoryStore();
    const network = () => tinyNetwork(seed, model());
    const { events } = await runTraining(
      tinyRun(seed, { network: network(), recipe, store: whole, checkpointEvery: 2 }),
    );
    expect(events.filter((event) => event.type === 'step')).toHaveLength(15);

    const store = new MemoryStore();
    const rng = Rng.of(seed, 'kills');
    const log: TrainEvent[] = [];
    for (let lives = 0; ; lives++) {
      expect(lives, 'a run that gets nowhere').toBeLessThan(60);
      const resume = store.files.has('last') ? await store.read('last') : undefined;
      rewind(log, resume);
      // A process knows nothing of the last one's network: its weights begin anew, and are replaced.
      const options = tinyRun(seed, {
        ...(resume === undefined ? { recipe } : { recipe: undefined, resume }),
        network: network(),
        store,
        checkpointEvery: 2,
      });
      const patience = 2 + rng.int(9);
      const { events: lived, result } = await runTraining(options, (_event, count) => count > patience);
      log.push(...lived);
      if (result !== undefined) break;
    }

    const note = `seed ${seed}`;
    expect(store.bytes('best'), note).toEqual(whole.bytes('best'));
    expect(store.bytes('last'), note).toEqual(whole.bytes('last'));
    expect(numbersOf(log), note).toEqual(numbersOf(events));
  });
});

test('interrupted by a signal at any step, a run saves that very step and goes on from it', async () => {
  const whole = new MemoryStore();
  await runTraining(tinyRun(seed, { store: whole }));
  for (let step = 1; step <= 15; step++) {
    const store = new MemoryStore();
    const controller = new AbortController();
    const { result } = await runTraining(tinyRun(seed, { store, signal: controller.signal }), (event) => {
      if (event.type === 'step' && event.step === step) controller.abort();
      return false;
    });
    expect(result?.reason).toBe('interrupted');
    expect((await store.read('last')).training?.progress.step).toBe(step);
    const resumed = await runTraining(
      tinyRun(seed, { store, recipe: undefined, resume: await store.read('last') }),
    );
    expect(resumed.result?.reason).toBe('finished');
    for (const kind of kinds) {
      expect(store.bytes(kind), `${kind}, interrupted at ${step}, seed ${seed}`).toEqual(whole.bytes(kind));
    }
  }
});

test('the seed decides everything', async () => {
  const stores = [new MemoryStore(), new MemoryStore(), new MemoryStore()];
  await runTraining(tinyRun(seed, { store: stores[0] }));
  await runTraining(tinyRun(seed, { store: stores[1] }));
  await runTraining(tinyRun(seed + 1, { store: stores[2] }));
  for (const kind of kinds) {
    expect(stores[1].bytes(kind), kind).toEqual(stores[0].bytes(kind));
    expect(stores[2].bytes(kind), kind).not.toEqual(stores[0].bytes(kind));
  }
});

test('a checkpoint of other data or another network is refused', async () => {
  const store = new MemoryStore();
  await runTraining(tinyRun(seed, { store }), (event) => event.type === 'step');
  const resume = await store.read('last');
  const options = tinyRun(seed);
  const named = (name: string) => ({ ...options.network, description: { name, options: {} } });
  await expect(runTraining({ ...options, resume, network: named('resnet18') })).rejects.toThrow(
    /of tiny, not of resnet18/,
  );
  // A class of one's own is called otherwise in every minified build: its tensors tell.
  const renamed = await runTraining({ ...options, resume, network: named('a') });
  expect(renamed.events.at(-1)?.type).toBe('end');
  const others: Checkpoint = { ...resume, classes: ['first row', 'row 2', 'third row'] };
  await expect(runTraining({ ...options, resume: others })).rejects.toThrow(/class 1 is 'row 2' there/);
  await expect(runTraining({ ...options, resume: { ...resume, training: undefined } })).rejects.toThrow(
    /holds only weights: continue from last/,
  );
  const recipe = tinyRecipe({ optimizer: { kind: 'adamw', learningRate: 0.01 } });
  await expect(runTraining({ ...options, resume, recipe })).rejects.toThrow(
    /^the run to continue has optimizer "sgd", not "adamw"/,
  );
  const training = resume.training && { ...resume.training, optimizer: new Map() };
  await expect(runTraining({ ...options, resume: { ...resume, training } })).rejects.toThrow(
    /optimiser state: tensor 'velocity\.0\.weight' is missing/,
  );
});

test('a run goes on only with the parameters frozen that were', async () => {
  const store = new MemoryStore();
  const network = (patterns: readonly string[]) => {
    const model = frozenModel([]);
    freeze(model, patterns);
    return tinyNetwork(seed, model);
  };
  // Without momentum there is no optimiser state whose names would tell.
  const begin = tinyRun(seed, { store, recipe: plain, network: network(frozenParts) });
  await runTraining(begin, (event) => event.type === 'step');
  const resume = await store.read('last');
  const frozen = ['0.weight', '0.bias', '1.weight', '1.bias', '4.weight', '4.bias'];
  expect(resume.training?.frozen).toEqual(frozen);
  const goOn = (patterns: readonly string[], from = resume) =>
    runTraining(tinyRun(seed, { resume: from, recipe: plain, network: network(patterns) }));
  await expect(goOn(['0', '1'])).rejects.toThrow(
    "the checkpoint to continue had '4.weight' frozen, here it is trained: freeze the 6 parameters that the run froze",
  );
  await expect(goOn(['0', '1', '4', '3.bias'])).rejects.toThrow(
    "the checkpoint to continue trained '3.bias', here it is frozen: freeze only the 6 parameters that the run froze",
  );
  await expect(goOn(frozen)).resolves.toMatchObject({ result: { reason: 'finished' } });

  // What was written before there were frozen parameters.
  const old: Checkpoint = {
    ...resume,
    training: resume.training && { ...resume.training, frozen: undefined },
  };
  await expect(goOn(['0'], old)).rejects.toThrow(/trained '0.weight', here it is frozen: freeze nothing/);
  await expect(goOn([], old)).resolves.toMatchObject({ result: { reason: 'finished' } });
});

/** What a log file keeps when a run goes on from a checkpoint. */
function rewind(log: TrainEvent[], resume: Checkpoint | undefined): void {
  const progress = resume?.training?.progress;
  const kept = log.filter((event) => {
    if (event.type === 'step') return progress !== undefined && event.step <= progress.step;
    return event.type === 'epoch' && progress !== undefined && event.epoch < progress.epoch;
  });
  log.splice(0, log.length, ...kept);
}

/** What steps and epochs tell, without what depends on the clock. */
function numbersOf(events: readonly TrainEvent[]): unknown[] {
  return events.filter(({ type }) => type === 'step' || type === 'epoch').map(untimed);
}

function untimed(value: unknown): unknown {
  const clocks = ['seconds', 'elapsed', 'secondsLeft', 'imagesPerSecond', 'waiting'];
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (clocks.includes(key) ? 0 : inner)));
}
