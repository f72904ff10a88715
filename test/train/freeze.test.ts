import { afterAll, describe, expect, test } from 'vitest';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { Rng } from '../../src/base/rng.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Value } from '../../src/graph/value.ts';
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  freeze,
  Linear,
  Module,
  ReLU,
  Sequential,
} from '../../src/nn/index.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { networkOf } from '../../src/train/network.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';
import {
  classes,
  frozenModel,
  MemoryStore,
  picture,
  runTraining,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** Weight decay on everything, clipping, micro-batches, a moving average: whatever could move a weight. */
const recipe = tinyRecipe({
  clipNorm: 0.5,
  accumulate: 2,
  ema: { decay: 0.9 },
  optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 },
});

/** Weights as after some training: running statistics that are not 0 and 1. */
function unsettled(model: Module): Module {
  const rng = Rng.of(seed, 'statistics');
  model.initialize(seed);
  for (const [name, { value }] of model.namedBuffers()) {
    // A mean of a standard deviation or more would leave the ReLU behind it nothing to let through.
    const [low, high] = name.endsWith('running_var') ? [0.5, 1.5] : [-0.2, 0.2];
    if (value.dtype === 'F32') value.data.forEach((_, i) => (value.data[i] = rng.uniform(low, high)));
    else value.data.fill(7n);
  }
  return model;
}

const isFrozen = (name: string) => /^[014]\./.test(name);
const copyOf = (state: StateDict) => new Map([...state].map(([name, { data }]) => [name, data.slice()]));

describe.each(kinds)('$name', ({ backends }) => {
  test('what is frozen stays as it is, bit for bit; the rest learns', async () => {
    const best = [];
    for (const backend of backends) {
      const model = unsettled(frozenModel());
      const before = copyOf(model.stateDict());
      const network = networkOf(model, picture, { name: 'tiny', options: {} });
      const store = new MemoryStore();
      const { events, result } = await runTraining(tinyRun(seed, { backend, network, store, recipe }));
      expect(result?.reason).toBe('finished');
      const last = await store.read('last');
      for (const state of [last.state, (await store.read('best')).state, model.stateDict()]) {
        expect([...state.keys()].sort()).toEqual([...before.keys()].sort());
        for (const [name, { data }] of state) {
          if (isFrozen(name)) expect(data, name).toEqual(before.get(name));
        }
      }
      for (const [name, { data }] of last.state) {
        if (!isFrozen(name)) expect(data, name).not.toEqual(before.get(name));
      }
      // Three epochs of five steps of two micro-batches, after the seven that were counted before.
      expect(last.state.get('7.num_batches_tracked')?.data).toEqual(BigInt64Array.of(37n));
      const kept = [...(last.training?.optimizer ?? []), ...(last.training?.ema ?? [])].map(([name]) =>
        name.replace(/^exp_avg(_sq)?\./, ''),
      );
      expect(kept).toContain('7.weight');
      expect(kept.filter(isFrozen)).toEqual([]);
      expect(events[0]).toMatchObject({
        type: 'start',
        // 4·1·9 + 4, 8; 4·4·9 + 4, 8; 6·4 + 6, 12; 3·96 + 3
        parameters: 40 + 8 + 148 + 8 + 30 + 12 + 291,
        trainableParameters: 148 + 30 + 12 + 291,
      });
      best.push(store.bytes('best'));
    }
    for (const bytes of best) expect(bytes, `seed ${seed}`).toEqual(best[0]);
  });

  test('gradients through frozen parts are those of a network that is frozen nowhere, in the same mode', async () => {
    const rng = Rng.of(seed, 'pictures');
    const shape = [6, ...picture];
    const input = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()) };
    const options = { backend: backends[0], input, target: [0, 1, 2, 0, 1, 2] };
    // Convolutions only: without norms, freezing changes no mode.
    const model = () =>
      new Sequential(
        new Conv2d(2, 4, 3, { padding: 1 }),
        new ReLU(),
        new Conv2d(4, 4, 3, { padding: 1, groups: 2 }),
        new ReLU(),
        new Conv2d(4, 4, 1),
        new ReLU(),
        new Flatten(),
        new Linear(64, classes.length),
      ).initialize(seed);
    const whole = await computeGradients(model(), options);
    const partial = model();
    freeze(partial, ['2', '7.bias']);
    const { gradients, logits } = await computeGradients(partial, options);
    expect(logits.data).toEqual(whole.logits.data);
    expect([...gradients.keys()].sort()).toEqual(['0.bias', '0.weight', '4.bias', '4.weight', '7.weight']);
    for (const [name, { data }] of gradients) expect(data, name).toEqual(whole.gradients.get(name)?.data);
  });
});

test('a norm that is used twice counts two batches a pass, as in PyTorch', async () => {
  class Twice extends Module {
    readonly norm = new BatchNorm2d(2);
    readonly head = new Sequential(new Flatten(), new Linear(32, classes.length));

    forward(x: Value): Value {
      return this.head(this.norm(this.norm(x)));
    }
  }
  const store = new MemoryStore();
  await runTraining(tinyRun(seed, { network: tinyNetwork(seed, new Twice()), store }));
  expect((await store.read('last')).state.get('norm.num_batches_tracked')?.data).toEqual(
    BigInt64Array.of(30n),
  );
});
