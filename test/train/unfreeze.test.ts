import { describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Batch, BatchLoader } from '../../src/data/dataset.ts';
import { fitFor } from '../../src/train/run.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { checkUnfreezing } from '../../src/train/unfreeze.ts';
import { relativeDistance } from '../support/compare.ts';
import { batchOfRank } from '../support/ranks.ts';
import { seed } from '../support/seed.ts';
import {
  frozenModel,
  frozenParts,
  limitedBackend,
  memoryLoader,
  MemoryStore,
  runTraining,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';
import { createTrainingRanks } from '../support/training-ranks.ts';

const adamw = { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 };
const unfreezeAt = 2;
const recipes = {
  'SGD with everything': tinyRecipe({
    ...{ unfreezeAt, clipNorm: 0.5, accumulate: 2, ema: { decay: 0.9 }, labelSmoothing: 0.1 },
    learningRateScale: { '*': 0.1, '11.*': 1 },
  }),
  AdamW: tinyRecipe({ unfreezeAt, optimizer: adamw }),
  RMSProp: tinyRecipe({ unfreezeAt, optimizer: { kind: 'rmsprop', learningRate: 0.01 } }),
};
const kinds = ['best', 'last'] as const;
const network = (parts: readonly string[] = frozenParts) => tinyNetwork(seed, frozenModel(parts));
const isFrozen = (name: string): boolean => frozenParts.includes(name.split('.')[0]);
/** A bias before a norm: its gradient is nothing but roundings. */
const isBeforeNorm = (name: string): boolean => /^[036]\.bias$/.test(name);
const hasCome = (events: readonly TrainEvent[]): boolean => events.some(({ type }) => type === 'unfrozen');

describe.each(Object.entries(recipes))('%s', (_, recipe) => {
  test('what is frozen stays as it is until its epoch, statistics too; then all learns', async () => {
    const store = new MemoryStore();
    const before = structuredClone(network().stateDict());
    const { events } = await runTraining(
      tinyRun(seed, { network: network(), recipe, store }),
      async (event) => {
        if (event.type === 'epoch' && event.epoch === 1) return true;
        if (event.type !== 'unfrozen') return false;
        // The checkpoint at the end of the epoch before.
        const { state, training } = await store.read('last');
        for (const [name, { data }] of state) {
          if (isFrozen(name)) expect(data, name).toEqual(before.get(name)?.data);
          else if (!isBeforeNorm(name)) expect(data, name).not.toEqual(before.get(name)?.data);
        }
        expect(training?.frozen?.length).toBeGreaterThan(0);
        expect(
          [...(training?.optimizer ?? [])].filter(([name]) => isFrozen(name.replace(/^[a-z_]+\./, ''))),
        ).toEqual([]);
        return false;
      },
    );
    expect(events.filter(({ type }) => type === 'unfrozen')).toMatchObject([
      { epoch: 1, step: 5, trainableParameters: 40 + 8 + 148 + 8 + 30 + 12 + 291 },
    ]);

    const whole = new MemoryStore();
    await runTraining(tinyRun(seed, { network: network(), recipe, store: whole }));
    const { state, training } = await whole.read('last');
    for (const [name, { data }] of state) {
      if (!isBeforeNorm(name)) expect(data, name).not.toEqual(before.get(name)?.data);
    }
    expect(training?.frozen).toBeUndefined();
    expect(training?.unfrozen?.step).toBe(5);
    // Two epochs of five steps, in as many micro-batches each as the recipe wants.
    expect(state.get('1.num_batches_tracked')?.data).toEqual(
      BigInt64Array.of(BigInt(10 * recipe.accumulate)),
    );
    expect(state.get('7.num_batches_tracked')?.data).toEqual(
      BigInt64Array.of(BigInt(15 * recipe.accumulate)),
    );
  });

  test('a run that is killed again and again ends with the same bytes', async () => {
    const whole = new MemoryStore();
    await runTraining(tinyRun(seed, { network: network(), recipe, store: whole, checkpointEvery: 2 }));
    const store = new MemoryStore();
    const rng = Rng.of(seed, 'kills');
    for (let lives = 0; ; lives++) {
      expect(lives, 'a run that gets nowhere').toBeLessThan(60);
      const resume = store.files.has('last') ? await store.read('last') : undefined;
      const begin = resume === undefined ? { recipe } : { recipe: undefined, resume };
      const options = tinyRun(seed, { ...begin, network: network(), store, checkpointEvery: 2 });
      const patience = 2 + rng.int(9);
      const { result } = await runTraining(options, (_event, count) => count > patience);
      if (result !== undefined) break;
    }
    for (const kind of kinds) expect(store.bytes(kind), `${kind}, seed ${seed}`).toEqual(whole.bytes(kind));
  });
});

test('killed or interrupted right before, at and after its epoch, a run ends with the same bytes', async () => {
  const recipe = tinyRecipe({ unfreezeAt, optimizer: adamw, ema: { decay: 0.9 } });
  const whole = new MemoryStore();
  await runTraining(tinyRun(seed, { network: network(), recipe, store: whole }));
  const ends: readonly [string, (event: TrainEvent) => boolean][] = [
    ['the step before', (event) => event.type === 'step' && event.step === 5],
    ['the epoch before', (event) => event.type === 'epoch' && event.epoch === 0],
    ['its checkpoint', (event) => event.type === 'checkpoint' && event.kind === 'last' && event.step === 5],
    ['the change', (event) => event.type === 'unfrozen'],
    ['the first step', (event) => event.type === 'step' && event.step === 6],
  ];
  for (const [where, isThere] of ends) {
    for (const how of ['killed', 'interrupted']) {
      const store = new MemoryStore();
      const controller = new AbortController();
      await runTraining(
        tinyRun(seed, { network: network(), recipe, store, signal: controller.signal }),
        (event) => {
          if (!isThere(event)) return false;
          if (how === 'killed') return true;
          controller.abort();
          return false;
        },
      );
      const resume = await store.read('last');
      const { events } = await runTraining(
        tinyRun(seed, { network: network(), recipe: undefined, resume, store }),
      );
      // Once it has come, it does not come again.
      expect(hasCome(events), `${how} at ${where}`).toBe(resume.training?.unfrozen === undefined);
      for (const kind of kinds) {
        expect(store.bytes(kind), `${kind}, ${how} at ${where}, seed ${seed}`).toEqual(whole.bytes(kind));
      }
    }
  }
});

test('the memory of the larger program is asked for before the first step', async () => {
  const recipe = tinyRecipe({ unfreezeAt });
  const bytesOf = (parts: readonly string[], changes: object, maxBytes = Infinity) =>
    fitFor({
      network: network(parts),
      backend: limitedBackend(maxBytes),
      recipe: tinyRecipe(changes),
    });
  const small = bytesOf(frozenParts, {}).plan.peakBytes;
  const large = bytesOf([], {}).plan.peakBytes;
  expect(small).toBeLessThan(large);
  // What is frozen fits at once, all of it in parts: then both are in parts.
  const tight = { network: network(), backend: limitedBackend(large - 1), recipe };
  const { microBatchSize } = fitFor(tight);
  expect(microBatchSize).toBeLessThan(recipe.batchSize);
  const { events } = await runTraining(tinyRun(seed, tight));
  expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' });
  expect(events[0]).toMatchObject({ type: 'start', microBatchSize });
  // And what does not fit in parts is refused at once.
  const parts = bytesOf([], { accumulate: recipe.batchSize / 2 }).plan.peakBytes;
  const narrow = { network: network(), backend: limitedBackend(parts - 1), recipe };
  await expect(runTraining(tinyRun(seed, narrow))).rejects.toThrow(
    /tiny: training on 8 pictures at once takes/,
  );
});

test('all ranks change at once, and come to what one process comes to', async () => {
  const recipe = tinyRecipe({ unfreezeAt, ema: { decay: 0.9 }, learningRateScale: { '*': 0.5 } });
  const alone = new MemoryStore();
  await runTraining(tinyRun(seed, { network: network(), recipe, store: alone }));
  const stores = [new MemoryStore(), new MemoryStore()];
  const runs = await Promise.all(
    createTrainingRanks(2).map((ranks, rank) => {
      const backend = createReferenceBackend(Infinity, ranks);
      const own = network();
      const fitted = fitFor({ network: own, backend, recipe, ranks });
      const share = (loader: BatchLoader, batchSize: number): BatchLoader => ({
        ...loader,
        batchSize,
        async *epoch(epoch, start) {
          for await (const batch of loader.epoch(epoch, start)) yield batchOfRank(batch, 1, ranks);
        },
      });
      const train = memoryLoader({ length: 43, batchSize: recipe.batchSize, seed, training: true });
      return runTraining(
        tinyRun(seed, {
          ...{ network: own, backend, recipe, ranks, fitted, store: stores[rank] },
          data: { train: share(train, recipe.batchSize / 2) },
        }),
      );
    }),
  );
  for (const { events } of runs) {
    expect(events.filter(({ type }) => type === 'unfrozen')).toMatchObject([{ epoch: 1, step: 5 }]);
  }
  const [first] = runs;
  const state = first.result?.state ?? new Map<string, { data: Batch['input'] }>();
  expect(runs[1].result?.state).toEqual(first.result?.state);
  for (const [name, { data }] of (await alone.read('last')).training?.ema ?? []) {
    const found = state.get(name)?.data;
    if (!(found instanceof Float32Array && data instanceof Float32Array)) throw new Error(name);
    expect(relativeDistance(found, data), name).toBeLessThan(1e-4);
  }
});

test('what cannot be unfrozen is refused', async () => {
  const nothing = tinyRun(seed, { network: network([]), recipe: tinyRecipe({ unfreezeAt }) });
  await expect(runTraining(nothing)).rejects.toThrow('unfreezeAt: nothing is frozen that it could unfreeze');
  const late = tinyRun(seed, { network: network(), recipe: tinyRecipe({ unfreezeAt: 4 }) });
  await expect(runTraining(late)).rejects.toThrow('expected an epoch from 2 to 3, the last, got 4');
  expect(() => {
    checkUnfreezing(tinyRecipe({ unfreezeAt, epochs: 1 }));
  }).toThrow('unfreezeAt: expected a run of at least 2 epochs, got 1: nothing would be unfrozen');
  expect(() => tinyRecipe({ unfreezeAt: 1 })).toThrow();
});
