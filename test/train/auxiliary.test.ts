import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Batch, BatchLoader } from '../../src/data/dataset.ts';
import type { Value } from '../../src/graph/value.ts';
import * as nn from '../../src/nn/index.ts';
import type { OwnLoss } from '../../src/nn/own-loss.ts';
import { recipeRows } from '../../src/report/recipe.ts';
import { continuedRecipe } from '../../src/train/continue.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { networkOf, type Network } from '../../src/train/network.ts';
import { withOverrides } from '../../src/train/recipe.ts';
import { fitFor } from '../../src/train/run.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { batchOfRank } from '../support/ranks.ts';
import { seed } from '../support/seed.ts';
import { memoryLoader, MemoryStore, runTraining, tinyRecipe, tinyRun } from '../support/tiny-training.ts';
import { createTrainingRanks } from '../support/training-ranks.ts';

const { F } = nn;
const numbers = z.array(z.number());
const fixture = z
  .object({
    shapes: z.record(z.string(), numbers),
    state: z.record(z.string(), numbers),
    ...{ picture: numbers, target: numbers },
    runs: z.object({ auxiliary: numbers, own: numbers }),
    afterwards: z.record(z.string(), numbers),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/several.json', import.meta.url), 'utf8')));

/** A classifier and an auxiliary one on the same features: `OneInput` of scripts/fixtures/several.py, of 3 channels. */
class TwoHeads extends nn.Module<{ readonly out: Value; readonly aux: Value }> {
  readonly conv: nn.Conv2d;
  readonly bn = new nn.BatchNorm2d(4);
  readonly aux = new nn.Linear(4, 3);
  readonly fc = new nn.Linear(4, 3);

  constructor(channels: number) {
    super();
    this.conv = new nn.Conv2d(channels, 4, 3, { padding: 1 });
  }

  forward(picture: Value): { readonly out: Value; readonly aux: Value } {
    const features = F.mean(F.relu(this.bn(this.conv(picture))), [2, 3]);
    return { out: this.fc(features), aux: this.aux(features) };
  }
}

/** The squared error, and half the squared distance between both heads. */
const heads: OwnLoss = (output, target, { out, aux }) => {
  const mse = (a: Value, b: Value): Value => {
    const error = F.sub(a, b);
    return F.mean(F.mul(error, error), [0, 1]);
  };
  return F.add(mse(output, target), F.mul(mse(aux, out), 0.5));
};

const network = (): Network =>
  networkOf(new TwoHeads(2).initialize(seed), [2, 4, 4], { name: 'heads', options: {} });
const auxiliary = { aux: 0.4 };
const recipe = tinyRecipe({
  ...{ auxiliary, accumulate: 2, clipNorm: 0.5, ema: { decay: 0.9 }, labelSmoothing: 0.1 },
});
const lossesOf = (events: readonly TrainEvent[]): readonly number[] =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
const floats = (data: unknown): Float32Array => {
  if (data instanceof Float32Array) return data;
  throw new Error('expected numbers');
};

describe('PyTorch’s ten steps', async () => {
  const kinds = await openBackends();
  afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));
  const [rows, channels, height, width] = [6, 3, 5, 4];

  /** All pictures in each of ten epochs. */
  function loader(): BatchLoader {
    const area = height * width;
    const { target, picture } = fixture;
    const batch: Batch = {
      size: rows,
      input: Float32Array.from({ length: rows * area * channels }, (_, at) => {
        const [row, place] = [Math.floor(at / (area * channels)), Math.floor(at / channels) % area];
        return picture[(row * channels + (at % channels)) * area + place];
      }),
      target: Float32Array.from({ length: rows * 3 }, (_, at) =>
        target[Math.floor(at / 3)] === at % 3 ? 1 : 0,
      ),
      labels: Int32Array.from(target),
      indices: Uint32Array.from({ length: rows }, (_, row) => row),
    };
    return {
      dataset: {
        ...{ name: 'fixture', classes: ['a', 'b', 'c'], length: rows },
        label: (index) => target[index],
        id: String,
      },
      ...{ batchSize: rows, batchesPerEpoch: 1, skipped: [], dispose: () => Promise.resolve() },
      async *epoch() {
        yield await Promise.resolve(batch);
      },
    };
  }

  test.each(kinds)('on $name', async ({ backends }) => {
    for (const [which, parts] of [
      ['auxiliary', { recipe: { auxiliary } }],
      ['own', { recipe: { loss: { kind: 'own', name: 'heads' } }, loss: heads }],
    ] as const) {
      const model = new TwoHeads(channels);
      const state = new Map(
        [...model.stateDict().keys()]
          .filter((name) => name in fixture.state)
          .map((name) => [name, f32(fixture.shapes[name], Float32Array.from(fixture.state[name]))]),
      );
      model.loadStateDict(state, { strict: false });
      const { events, result } = await runTraining({
        network: networkOf(model, [channels, height, width], { name: 'heads', options: {} }),
        ...{ backend: backends[backends.length - 1], data: { train: loader() } },
        ...parts,
        recipe: tinyRecipe({
          ...{ epochs: 10, batchSize: rows, schedule: { kind: 'constant' }, ...parts.recipe },
          optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0 },
        }),
      });
      const losses = lossesOf(events);
      expect(losses).toHaveLength(10);
      losses.forEach((loss, step) => {
        expect(loss, `${which}, step ${step}`).toBeCloseTo(fixture.runs[which][step], 4);
      });
      if (which === 'own') continue;
      for (const [name, expected] of Object.entries(fixture.afterwards)) {
        // A bias before a norm: its gradient is nothing but roundings.
        if (name === 'conv.bias') continue;
        const got = floats(result?.state?.get(name)?.data);
        expect(relativeDistance(got, Float32Array.from(expected)), name).toBeLessThan(1e-4);
      }
    }
  });
});

describe('a run', () => {
  test('that is killed again and again ends with the same bytes', async () => {
    for (const parts of [
      { recipe },
      { recipe: tinyRecipe({ auxiliary, loss: { kind: 'own', name: 'heads' } }), loss: heads },
    ]) {
      const whole = new MemoryStore();
      await runTraining(tinyRun(seed, { ...parts, network: network(), store: whole, checkpointEvery: 2 }));
      const store = new MemoryStore();
      const rng = Rng.of(seed, 'kills');
      for (let lives = 0; ; lives++) {
        expect(lives, 'a run that gets nowhere').toBeLessThan(60);
        const resume = store.files.has('last') ? await store.read('last') : undefined;
        if (resume !== undefined) expect(resume.training?.recipe.auxiliary).toEqual(auxiliary);
        const begin = resume === undefined ? {} : { recipe: undefined, resume };
        const options = tinyRun(seed, { ...parts, ...begin, network: network(), store, checkpointEvery: 2 });
        const patience = 2 + rng.int(9);
        const { result } = await runTraining(options, (_event, count) => count > patience);
        if (result !== undefined) break;
      }
      for (const kind of ['best', 'last'] as const)
        expect(store.bytes(kind), `${kind}, seed ${seed}`).toEqual(whole.bytes(kind));
    }
  });

  test('validates the main output, and trains the other head only if it is weighed', async () => {
    // Such small steps change the losses little, but every weight.
    const optimizer = { ...recipe.optimizer, learningRate: 1e-4 };
    const before = structuredClone(network().stateDict());
    const [weighed, alone] = await Promise.all(
      [recipe, { ...recipe, auxiliary: undefined }].map((one) =>
        runTraining(tinyRun(seed, { network: network(), recipe: { ...one, optimizer } })),
      ),
    );
    const headOf = ({ result }: typeof weighed): unknown => result?.state?.get('aux.weight')?.data;
    expect(headOf(alone)).toEqual(before.get('aux.weight')?.data);
    expect(headOf(weighed)).not.toEqual(before.get('aux.weight')?.data);
    expect(lossesOf(weighed.events)[0]).toBeGreaterThan(lossesOf(alone.events)[0]);
    const [loss, plain] = [weighed, alone].map(({ result }) => result?.history[0].validation?.loss ?? NaN);
    expect(loss, `seed ${seed}`).toBeCloseTo(plain, 2);
  });

  test.each([
    ['the same loss of both heads', { recipe }],
    ['a loss of one’s own', { recipe: { ...recipe, loss: { kind: 'own', name: 'heads' } }, loss: heads }],
  ] as const)('of two ranks comes to what one process comes to: %s', async (_, { recipe: asked, ...own }) => {
    const once = { ...asked, accumulate: 1 };
    const alone = await runTraining(tinyRun(seed, { network: network(), recipe: once, ...own }));
    const runs = await Promise.all(
      createTrainingRanks(2).map((ranks) => {
        const backend = createReferenceBackend(Infinity, ranks);
        const parts = { network: network(), backend, recipe: once, ranks, ...own };
        const train = memoryLoader({ length: 43, batchSize: once.batchSize, seed, training: true });
        const share: BatchLoader = {
          ...{ ...train, batchSize: once.batchSize / 2 },
          async *epoch(epoch, start) {
            for await (const batch of train.epoch(epoch, start)) yield batchOfRank(batch, 1, ranks);
          },
        };
        return runTraining(tinyRun(seed, { ...parts, fitted: fitFor(parts), data: { train: share } }));
      }),
    );
    expect(runs[1].result?.state).toEqual(runs[0].result?.state);
    const losses = lossesOf(alone.events);
    lossesOf(runs[0].events).forEach((loss, step) => {
      expect(loss, `step ${step}, seed ${seed}`).toBeCloseTo(losses[step], 5);
    });
  });
});

test('what does not fit is one line', async () => {
  const refused = (weights: Record<string, number>): Promise<unknown> =>
    runTraining(tinyRun(seed, { network: network(), recipe: tinyRecipe({ auxiliary: weights }) }));
  await expect(refused({ side: 0.4 })).rejects.toThrow(
    /^auxiliary: the network gives no side beside its main output: it has aux$/,
  );
  await expect(refused({ out: 0.4 })).rejects.toThrow(/gives no out beside its main output: it has aux$/);
  await expect(runTraining(tinyRun(seed, { recipe }))).rejects.toThrow(
    /^auxiliary: the network gives no aux beside its main output: it has one output$/,
  );
  for (const wrong of [{ aux: 0 }, { aux: -1 }, { aux: NaN }, { aux: '0.4' }, 0.4] as never[]) {
    expect(() => withOverrides(recipe, { auxiliary: wrong })).toThrow(/^recipe 'tiny': .*auxiliary/);
  }
});

test('a recipe keeps its weights, says them, and is continued with them alone', () => {
  const changed = withOverrides(tinyRecipe(), { auxiliary });
  expect(changed.auxiliary).toEqual(auxiliary);
  expect(recipeRows(changed)).toContainEqual(['losses of auxiliary outputs', 'aux × 0.4']);
  expect(continuedRecipe(changed, { auxiliary }, 'the run')).toBe(changed);
  expect(() => continuedRecipe(changed, { auxiliary: { aux: 0.3 } }, 'the run')).toThrow(
    /^the run has auxiliary \{"aux":0\.4\}, not \{"aux":0\.3\}/,
  );
});
