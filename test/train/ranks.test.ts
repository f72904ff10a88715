import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Communicator } from '../../src/backends/communicator.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  ReLU,
  Sequential,
  type Module,
} from '../../src/nn/index.ts';
import { formatPlan, listPlan } from '../../src/plan/listing.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Ranks } from '../../src/base/ranks.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { fitPlan, type FitPlanOptions } from '../../src/train/micro-batches.ts';
import type { Recipe } from '../../src/train/recipe.ts';
import { TrainingProgram, type BatchResult, type Tensors } from '../../src/train/training-program.ts';
import { createCommunicators } from '../support/communicators.ts';
import { relativeDistance } from '../support/compare.ts';
import { batchOfRank } from '../support/ranks.ts';
import { classes, memoryLoader, tinyNetwork, tinyRecipe } from '../support/tiny-training.ts';

const steps = 20;
/** Few bytes, so that a tiny network has several buckets. */
const bucketBytes = 500;

interface Outcome {
  readonly tensors: Tensors;
  readonly results: readonly BatchResult[];
  readonly norms: readonly (number | undefined)[];
}

interface Setup {
  readonly recipe: Recipe;
  readonly model: () => Module;
  readonly open: (communicator: Communicator | undefined) => Promise<Backend>;
  readonly fit?: FitPlanOptions;
}

/** Convolutions have no bias: before a norm its gradient is nothing but roundings, which AdamW would make steps of. */
const normed = (): Module =>
  new Sequential(
    new Conv2d(2, 4, 3, { padding: 1, groups: 2, bias: false }),
    new BatchNorm2d(4),
    new ReLU(),
    new Conv2d(4, 6, 1, { bias: false }),
    new BatchNorm2d(6),
    new Flatten(),
    new Dropout(0.1),
    new Linear(6 * 16, classes.length),
  );

const onReference: Setup['open'] = (communicator) =>
  Promise.resolve(createReferenceBackend(Infinity, communicator));

/** Ranks side by side, each in a program of its own, on its rows of the batches that one process has. */
function trained(ranks: number, setup: Setup): Promise<readonly Outcome[]> {
  const communicators = ranks === 1 ? [undefined] : createCommunicators(ranks);
  return Promise.all(communicators.map((communicator) => trainedOne(communicator, setup)));
}

async function trainedOne(
  communicator: Communicator | undefined,
  { recipe, model, open, fit = {} }: Setup,
): Promise<Outcome> {
  const { batchSize } = recipe;
  const backend = await open(communicator);
  try {
    const network = tinyNetwork(7, model());
    const fitted = fitPlan(network, backend, recipe, { ranks: backend.ranks, bucketBytes, ...fit });
    const { plan, microBatchSize } = fitted;
    const loaded = await backend.load(plan);
    const program = new TrainingProgram(loaded, recipe, microBatchSize, 5, network.stateDict());
    const results: BatchResult[] = [];
    const norms: (number | undefined)[] = [];
    const loader = memoryLoader({ length: steps * batchSize, batchSize, seed: 3, training: true });
    for await (const batch of loader.epoch(0)) {
      const parts = batchSize / microBatchSize;
      const step = results.length;
      results.push(
        await program.gradient(
          communicator === undefined ? batch : batchOfRank(batch, parts, communicator),
          step,
        ),
      );
      norms.push(await program.update(0.05, step));
    }
    return { tensors: await program.snapshot(), results, norms };
  } finally {
    await backend.dispose();
  }
}

/** Each tensor is within 1e-5 of what one process has. */
function expectNear(tensors: Tensors, alone: Tensors): void {
  for (const kind of ['state', 'optimizer', 'ema'] as const) {
    for (const [name, { data }] of alone[kind]) {
      const own = tensors[kind].get(name)?.data;
      if (!(own instanceof Float32Array && data instanceof Float32Array)) expect(own, name).toEqual(data);
      else expect(relativeDistance(own, data), `${kind} ${name}`).toBeLessThan(1e-5);
    }
  }
}

function expectAsAlone(ranks: readonly Outcome[], alone: Outcome): void {
  for (const { tensors, results, norms } of ranks) {
    // To the last bit among each other.
    expect(tensors).toEqual(ranks[0].tensors);
    expect([...tensors.optimizer.keys()]).toEqual([...alone.tensors.optimizer.keys()]);
    expect([...tensors.ema.keys()]).toEqual([...alone.tensors.ema.keys()]);
    expect(results).toEqual(ranks[0].results);
    expect(norms).toEqual(ranks[0].norms);
    expectNear(tensors, alone.tensors);
    expect(results.map(({ correct }) => correct)).toEqual(alone.results.map(({ correct }) => correct));
    results.forEach(({ loss }, step) => {
      expect(loss).toBeCloseTo(alone.results[step].loss, 5);
    });
    norms.forEach((norm, step) => {
      expect(norm).toBeCloseTo(alone.norms[step] ?? NaN, 5);
    });
  }
}

const recipes = {
  'SGD with momentum, decay, clipping, averages, dropout': tinyRecipe({
    batchSize: 10,
    clipNorm: 0.5,
    ema: { decay: 0.9 },
    labelSmoothing: 0.1,
  }),
  'AdamW in micro-batches': tinyRecipe({
    batchSize: 14,
    optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.05 },
    clipNorm: 0.5,
    accumulate: 2,
  }),
};

describe.each(Object.entries(recipes))('%s', (_, recipe) => {
  const setup: Setup = { recipe, model: normed, open: onReference };

  test('ranks come to what one process comes to, and all to the same bits', async () => {
    const [alone] = await trained(1, setup);
    for (const ranks of [2, 3, 4]) expectAsAlone(await trained(ranks, setup), alone);
  });

  test('activations that are computed again change no bit', async () => {
    const again = { ...setup, fit: { checkpointActivations: true } };
    const { plan } = fitPlan(tinyNetwork(7, normed()), createReferenceBackend(), recipe, {
      ranks: { rank: 0, size: 2 },
      checkpointActivations: true,
    });
    expect(plan.steps.gradient.some((step) => step.recompute)).toBe(true);
    expect(await trained(2, again)).toEqual(await trained(2, setup));
  });
});

test('two ranks of WebAssembly, on two threads, come to what one comes to', async () => {
  const setup: Setup = {
    recipe: recipes['SGD with momentum, decay, clipping, averages, dropout'],
    model: normed,
    open: (communicator) => createNodeBackend({ threads: 2, blas: false, communicator }),
  };
  const [alone] = await trained(1, setup);
  const ranks = await trained(2, setup);
  expectAsAlone(ranks, alone);
  expect(await trained(2, setup)).toEqual(ranks);
});

test('without synchronised norms ranks normalise their own pictures, and keep the mean of their statistics', async () => {
  const recipe = tinyRecipe({ batchSize: 10, ema: { decay: 0.9 } });
  const setup: Setup = { recipe, model: normed, open: onReference };
  const [alone] = await trained(1, setup);
  const [first, second] = await trained(2, { ...setup, fit: { syncBatchNorm: false } });
  expect(second).toEqual(first);
  const mean = ({ tensors }: Outcome): Float32Array =>
    tensors.state.get('1.running_mean')?.data as Float32Array;
  // Means of halves have the mean of the whole; it is of weights that went other ways.
  expect(relativeDistance(mean(first), mean(alone))).toBeGreaterThan(1e-5);
  expect(relativeDistance(mean(first), mean(alone))).toBeLessThan(0.5);
});

const planOf = (
  ranks: Ranks | undefined,
  fit: FitPlanOptions = {},
  recipe = tinyRecipe({ batchSize: 10 }),
): Plan =>
  fitPlan(tinyNetwork(7, normed()), createReferenceBackend(), recipe, { ranks, bucketBytes, ...fit }).plan;

test('gradients are added up in buckets, each in one piece of memory, as soon as it is full', () => {
  const { steps, ranks } = planOf({ rank: 1, size: 3 });
  expect(ranks).toEqual({ rank: 1, size: 3, batch: 10 });
  const begun = steps.gradient.flatMap(({ node, inputs }, index) =>
    node.op === 'all_reduce' && inputs[0].role === 'gradient' ? [{ inputs, index }] : [],
  );
  expect(begun.map(({ inputs }) => inputs.map(({ name }) => name))).toEqual([
    ['grad.7.weight'],
    [
      ...['grad.7.bias', 'grad.4.weight', 'grad.4.bias', 'grad.3.weight'],
      ...['grad.1.weight', 'grad.1.bias', 'grad.0.weight'],
    ],
  ]);
  for (const { inputs, index } of begun) {
    inputs.slice(1).forEach(({ offset }, at) => {
      expect(offset).toBe(Math.ceil((inputs[at].offset + inputs[at].bytes) / 64) * 64);
    });
    // The step before makes the last of them.
    expect(steps.gradient[index - 1].outputs).toContain(inputs.at(-1));
  }
  const waits = steps.update.filter(({ node }) => node.op === 'all_reduce_wait').map(({ inputs }) => inputs);
  expect(waits).toEqual(begun.map(({ inputs }) => inputs));
  // What came first is used before the rest is awaited.
  expect(steps.update.slice(0, 3).map(({ node }) => node.op)).toEqual([
    'all_reduce_wait',
    'sgd',
    'all_reduce_wait',
  ]);
});

test('a rank alone has the plan that there is without ranks', () => {
  expect(planOf({ rank: 0, size: 1 })).toEqual(planOf(undefined));
});

test('the listing says what is communicated', () => {
  const text = formatPlan(listPlan(planOf({ rank: 1, size: 3 }), () => []));
  expect(text).toContain('rank 1 of 3, which take 10 pictures together: 7 sums over all ranks');
  expect(text).toMatch(/all_reduce +7 tensors, 0\.1 MiB/);
});

test('what does not fit the ranks is refused', async () => {
  const few = tinyRecipe({ batchSize: 6, accumulate: 3 });
  expect(() => planOf({ rank: 0, size: 4 }, {}, few)).toThrow(
    'a batch of 6 in 3 parts leaves some of 4 ranks without a picture: use a batch of at least 12, or fewer ranks',
  );
  const plan = planOf({ rank: 1, size: 2 });
  await expect(createReferenceBackend().load(plan)).rejects.toThrow(
    'plan "tiny" is for rank 1 of 2, the backend is rank 0 of 1',
  );
  const [first] = createCommunicators(2);
  const wasm = await createNodeBackend({ threads: 1, blas: false, communicator: first });
  await expect(wasm.load(plan)).rejects.toThrow('plan "tiny" is for rank 1 of 2, the backend is rank 0 of 2');
  await wasm.dispose();
  await expect(createNodeBackend({ isolated: true, communicator: first })).rejects.toThrow(
    'createBackend: expected a communicator or isolated: true, got both',
  );
});

test('a signal of one rank is told to all: they give up the same step', async () => {
  const recipe = tinyRecipe({ batchSize: 8, accumulate: 2 });
  const before: Tensors[] = [];
  const outcomes = await Promise.all(
    createCommunicators(2).map(async (communicator) => {
      const backend = createReferenceBackend(Infinity, communicator);
      const network = tinyNetwork(7, normed());
      const { plan, microBatchSize } = fitPlan(network, backend, recipe, { ranks: backend.ranks });
      const loaded = await backend.load(plan);
      const program = new TrainingProgram(loaded, recipe, microBatchSize, 5, network.stateDict());
      before.push(await program.snapshot());
      const loader = memoryLoader({ length: 8, batchSize: 8, seed: 3, training: true });
      for await (const batch of loader.epoch(0)) {
        const signal = communicator.rank === 1 ? AbortSignal.abort() : undefined;
        const result = await program.gradient(batchOfRank(batch, 2, communicator), 0, { signal });
        return { result, after: await program.snapshot() };
      }
      return undefined;
    }),
  );
  expect(outcomes).toEqual(before.map((after) => ({ result: undefined, after })));
});
