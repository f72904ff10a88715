import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { patience } from '../../src/train/early-stopping.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { fit, type LoopOptions } from '../../src/train/train.ts';
import { seed } from '../support/seed.ts';
import {
  countingBackend,
  limitedBackend,
  memoryLoader,
  MemoryStore,
  runTraining,
  tinyModel,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';
import { countRounds, gaps, watchedBackend } from '../support/rounds.ts';

test('a run tells its story in order, learns, and leaves the network trained', async () => {
  const store = new MemoryStore();
  const options = tinyRun(seed, { store, recipe: tinyRecipe({ epochs: 12 }) });
  const { events, result } = await runTraining(options);
  expect(events[0]).toMatchObject({
    type: 'start',
    trainSamples: 43,
    validationSamples: 10,
    epochs: 12,
    stepsPerEpoch: 5,
    batchSize: 8,
    microBatchSize: 8,
    // 4·1·9 + 4 (conv), 2·4 (batch norm), 3·64 + 3 (linear)
    parameters: 40 + 8 + 195,
  });
  const types = events.map((event) => (event.type === 'checkpoint' ? event.kind : event.type));
  expect(types.slice(0, 10)).toEqual([
    'start',
    'last',
    ...Array<string>(5).fill('step'),
    'epoch',
    'best',
    'last',
  ]);
  expect(types.slice(-2)).toEqual(['last', 'end']);
  const steps = events.filter((event) => event.type === 'step');
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(steps.map(({ stepInEpoch }) => stepInEpoch).slice(0, 6)).toEqual([0, 1, 2, 3, 4, 0]);
  expect(result?.reason).toBe('finished');
  expect(result?.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(result?.best?.top1, `seed ${seed}`).toBeGreaterThan(0.8);
  expect(options.network.stateDict().get('5.weight')?.data).toEqual(
    (await store.read('last')).state.get('5.weight')?.data,
  );
  // Twelve epochs of five forward passes, as PyTorch counts them.
  expect((await store.read('last')).state.get('1.num_batches_tracked')?.data).toEqual(BigInt64Array.of(60n));
});

describe('a loss that is not finite', () => {
  function spoiled(at: number): LoopOptions {
    const options = tinyRun(seed);
    const train = memoryLoader({
      length: 43,
      batchSize: 8,
      seed,
      training: true,
      tamper: (batch, epoch, position) => {
        if (epoch * 5 + position === at) batch.input[0] = NaN;
      },
    });
    return { ...options, data: { ...options.data, train } };
  }

  test('ends the run before the update and keeps the checkpoint before it', async () => {
    const store = new MemoryStore();
    const { events, result } = await runTraining({ ...spoiled(7), store, checkpointEvery: 2 });
    expect(result).toMatchObject({ reason: 'not-finite', step: 7, state: undefined });
    expect((await store.read('last')).training?.progress.step).toBe(6);
    for (const { data } of (await store.read('last')).state.values())
      expect([...data].every(isFiniteNumber)).toBe(true);
    const end = events.find((event) => event.type === 'end');
    expect(end?.message).toMatch(
      /^the loss is NaN at step 8 \(epoch 2, learning rate .*losses before: .*\): /,
    );
    expect(end?.message).toMatch(/try a smaller learning rate/);
  });

  test('weights that overflow never reach a checkpoint', async () => {
    const store = new MemoryStore();
    const recipe = tinyRecipe({
      optimizer: { kind: 'sgd', learningRate: 1e38, momentum: 0.9 },
      schedule: { kind: 'constant' },
    });
    const { result } = await runTraining(tinyRun(seed, { store, recipe, checkpointEvery: 1 }));
    expect(result?.reason).toBe('not-finite');
    for (const { data } of (await store.read('last')).state.values())
      expect([...data].every(isFiniteNumber)).toBe(true);
  });
});

function isFiniteNumber(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isFinite(value);
}

describe('accumulation', () => {
  test('of micro-batches equals the whole batch, in a network without batch norm', async () => {
    const trained = async (accumulate: number): Promise<StateDict> => {
      const network = tinyNetwork(seed, tinyModel({ norm: false, dropout: 0 }));
      await runTraining(tinyRun(seed, { network, recipe: tinyRecipe({ accumulate, clipNorm: 0.3 }) }));
      return network.stateDict();
    };
    const whole = await trained(1);
    for (const parts of [2, 4, 8]) {
      const summed = await trained(parts);
      for (const [name, { data }] of whole) {
        const other = summed.get(name)?.data ?? [];
        const difference = Math.max(
          ...[...data].map((value, i) => Math.abs(Number(value) - Number(other[i]))),
        );
        expect(difference, `${name} in ${parts} parts, seed ${seed}`).toBeLessThan(1e-5);
      }
    }
  });

  test('is used if a batch does not fit into memory, and said', async () => {
    const whole = startOf((await runTraining(tinyRun(seed))).events);
    const backend = limitedBackend(whole.programBytes - 1);
    const { events } = await runTraining(tinyRun(seed, { backend }));
    expect(startOf(events)).toMatchObject({ batchSize: 8, microBatchSize: 4 });
    const warning = events.find((event) => event.type === 'warning');
    expect(warning?.message).toMatch(/2 micro-batches of 4/);
  });

  test('is refused if not one picture fits, or with the batch that would', async () => {
    await expect(runTraining(tinyRun(seed, { memoryLimit: 1000 }))).rejects.toThrow(
      /no smaller batch would fit/,
    );
    const recipe = tinyRecipe({ batchSize: 7 });
    const whole = startOf((await runTraining(tinyRun(seed, { recipe }))).events);
    const memoryLimit = whole.programBytes - 1;
    const refused = runTraining(tinyRun(seed, { recipe, memoryLimit }));
    await expect(refused).rejects.toThrow(CardinalError);
    await expect(refused).rejects.toThrow(
      /training on 7 pictures at once .* the largest batch that fits is 6; with checkpointed activations all of them do \(\d+\.\d MiB\)$/,
    );
    const smaller = tinyRecipe({ batchSize: 6 });
    await expect(runTraining(tinyRun(seed, { recipe: smaller, memoryLimit }))).resolves.toBeDefined();
  });
});

function startOf(events: readonly TrainEvent[]): Extract<TrainEvent, { type: 'start' }> {
  const [first] = events;
  if (first.type !== 'start') throw new Error(`the first event is ${first.type}`);
  return first;
}

test('the moving average is that of the weights after each step, and the one that is evaluated and kept', async () => {
  const decay = 0.9;
  const recipe = tinyRecipe({ ema: { decay } });
  const average = new Map<string, number[]>();
  const store = new MemoryStore();
  await runTraining(tinyRun(seed, { recipe, store, checkpointEvery: 1 }), async (event) => {
    if (event.type !== 'checkpoint' || event.kind !== 'last') return false;
    const t = event.step - 1;
    const d = Math.min(decay, (1 + t) / (10 + t));
    for (const [name, { dtype, data }] of (await store.read('last')).state) {
      if (dtype !== 'F32') continue;
      const before = average.get(name) ?? [];
      average.set(name, event.step === 0 ? [...data] : before.map((old, i) => d * old + (1 - d) * data[i]));
    }
    return false;
  });
  const last = await store.read('last');
  for (const [name, expected] of average) {
    const kept = last.training?.ema.get(name)?.data ?? [];
    const difference = Math.max(...expected.map((value, i) => Math.abs(value - Number(kept[i]))));
    expect(difference, `${name}, seed ${seed}`).toBeLessThan(1e-5);
  }
  const best = await store.read('best');
  expect(best.training).toBeUndefined();
  expect(best.state.get('0.weight')?.data).not.toEqual(last.state.get('0.weight')?.data);
  if (best.trained?.epochs === last.trained?.epochs) {
    expect(best.state.get('0.weight')?.data).toEqual(last.training?.ema.get('0.weight')?.data);
  }
});

describe('ending early', () => {
  test('patience counts epochs since the best one', () => {
    const history = (...best: boolean[]) =>
      best.map((isBest, epoch) => ({
        epoch,
        step: epoch,
        learningRate: 0.1,
        train: { loss: 1, top1: 0 },
        best: isBest,
      }));
    expect(patience(2)([])).toBe(false);
    expect(patience(2)(history(true, false))).toBe(false);
    expect(patience(2)(history(true, false, false))).toBe(true);
    expect(patience(2)(history(true, false, true, false))).toBe(false);
    expect(patience(2)(history(false, false, false))).toBe(false);
  });

  test('the rule is asked after each epoch', async () => {
    const options = tinyRun(seed, { stopWhen: (history) => history.length === 2 });
    const { result } = await runTraining(options);
    expect(result).toMatchObject({ reason: 'stopped-early', step: 10 });
  });
});

test('fit calls back for every event and waits for the callback', async () => {
  const seen: string[] = [];
  const result = await fit({
    ...tinyRun(seed, { recipe: tinyRecipe({ epochs: 1 }) }),
    onEvent: async (event) => {
      await Promise.resolve();
      seen.push(event.type);
    },
  });
  expect(seen).toEqual(['start', 'step', 'step', 'step', 'step', 'step', 'epoch', 'end']);
  expect(result.step).toBe(5);
});

test('an error in a callback ends the run and frees its memory', async () => {
  const { backend, open } = countingBackend();
  const failing = fit({
    ...tinyRun(seed, { backend }),
    onEvent: ({ type }) => {
      if (type === 'step') throw new Error('the disk of the log is full');
    },
  });
  await expect(failing).rejects.toThrow('the disk of the log is full');
  expect(open()).toBe(0);
});

test('a picture that cannot be read ends the run, with what was learned saved', async () => {
  const store = new MemoryStore();
  const options = tinyRun(seed, { store });
  const train = memoryLoader({
    length: 43,
    batchSize: 8,
    seed,
    training: true,
    tamper: (_batch, epoch, position) => {
      if (epoch === 1 && position === 2) throw new CardinalError('cat.jpg is damaged');
    },
  });
  await expect(runTraining({ ...options, data: { ...options.data, train } })).rejects.toThrow(
    'cat.jpg is damaged',
  );
  expect((await store.read('last')).training?.progress).toMatchObject({ epoch: 1, batch: 2, step: 7 });
});

test('data that does not suit the network or the recipe is refused', async () => {
  const options = tinyRun(seed);
  const few = memoryLoader({ length: 5, batchSize: 8, seed, training: true });
  await expect(runTraining({ ...options, data: { train: few } })).rejects.toThrow(
    /rows has 5 training pictures, fewer than one batch of 8/,
  );
  const other = memoryLoader({ length: 43, batchSize: 4, seed, training: true });
  await expect(runTraining({ ...options, data: { train: other } })).rejects.toThrow(
    /batches of 4, the recipe wants 8/,
  );
  const dataset = { ...options.data.train.dataset, classes: ['a', 'b'] };
  await expect(
    runTraining({ ...options, data: { train: { ...options.data.train, dataset } } }),
  ).rejects.toThrow(/tiny has 3 classes, but rows has 2/);
});

test('between two gradients, parts of a step and validation included, the event loop comes round', async () => {
  const { rounds, stop } = countRounds();
  const at: number[] = [];
  const { backend } = watchedBackend((entry) => {
    if (entry === 'gradient' || entry === 'forward') at.push(rounds());
  });
  await runTraining(tinyRun(seed, { backend, recipe: tinyRecipe({ epochs: 2, accumulate: 2 }) }));
  stop();
  // Two epochs of five steps in two parts, and ten pictures of validation in batches of 4.
  expect(at).toHaveLength(2 * (5 * 2 + 3));
  for (const gap of gaps(at)) expect(gap).toBeGreaterThanOrEqual(1);
});
