import { expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Value } from '../../src/graph/value.ts';
import { BatchNorm2d, Conv2d, F, Flatten, Linear, Module, Sequential } from '../../src/nn/index.ts';
import { ModuleBuffer } from '../../src/nn/buffer.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { seed } from '../support/seed.ts';
import {
  classes,
  MemoryStore,
  runTraining,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

/** A network whose parts are called as what training keeps beside weights. */
class Misleading extends Module {
  readonly optimizer = new Conv2d(2, 4, 3, { padding: 1 });
  readonly ema = new BatchNorm2d(4);
  readonly velocity = new Conv2d(4, 4, 1);
  readonly exp_avg = new BatchNorm2d(4);
  readonly fc = new Linear(4 * 16, classes.length);

  override forward(x: Value): Value {
    const y = F.relu(this.ema(this.optimizer(x)));
    return this.fc(F.flatten(F.relu(this.exp_avg(this.velocity(y)))));
  }
}

/** Beside `conv`, a copy of it under the name of its moving average. */
class Clashing extends Module {
  readonly conv = new Conv2d(2, 4, 1, { bias: false });
  readonly ema = new (class extends Module {
    readonly conv = new Conv2d(2, 4, 1, { bias: false });

    override forward(x: Value): Value {
      return this.conv(x);
    }
  })();
  readonly fc = new Linear(4 * 16, classes.length);

  override forward(x: Value): Value {
    return this.fc(F.flatten(F.add(this.conv(x), this.ema(x))));
  }
}

/** Tensors that no node uses, called as what a plan reads and writes. */
class Unused extends Sequential {
  readonly labels = new ModuleBuffer(() => f32([2], Float32Array.of(1, 2)));
  readonly hits = new ModuleBuffer(() => f32([1], Float32Array.of(3)));
  readonly target = new ModuleBuffer(() => f32([1], Float32Array.of(4)));
}

const recipes = [
  tinyRecipe({ epochs: 2, ema: { decay: 0.9 } }),
  tinyRecipe({ epochs: 2, optimizer: { kind: 'adamw', learningRate: 0.01 } }),
];

test.each(recipes)(
  'tensors called optimizer, ema or velocity are kept and continued: $optimizer.kind',
  async (recipe) => {
    const run = (changes: Parameters<typeof tinyRun>[1]) =>
      tinyRun(seed, { network: tinyNetwork(seed, new Misleading()), recipe, ...changes });
    const store = new MemoryStore();
    await runTraining(run({ store }));
    const names = [...new Misleading().initialize(seed).stateDict().keys()].sort();
    for (const kind of ['best', 'last'] as const) {
      expect([...(await store.read(kind)).state.keys()].sort()).toEqual(names);
    }
    const again = new MemoryStore();
    for (;;) {
      const resume = again.files.has('last') ? await again.read('last') : undefined;
      const { result } = await runTraining(
        run({ store: again, resume, checkpointEvery: 1 }),
        (_, n) => n > 5,
      );
      if (result !== undefined) break;
    }
    expect(again.bytes('best'), `seed ${seed}`).toEqual(store.bytes('best'));
  },
);

test('tensors that no node uses are kept, called as buffers of the plan or not', async () => {
  const network = tinyNetwork(seed, new Unused(new Flatten(), new Linear(2 * 16, classes.length)));
  const store = new MemoryStore();
  await runTraining(tinyRun(seed, { network, store }));
  const { state } = await store.read('last');
  expect(['labels', 'hits', 'target'].map((name) => [...(state.get(name)?.data ?? [])])).toEqual([
    [1, 2],
    [3],
    [4],
  ]);
});

test('two tensors of one name are refused before training, in one line', async () => {
  const network = () => tinyNetwork(seed, new Clashing());
  await runTraining(tinyRun(seed, { network: network(), store: new MemoryStore() }));
  const clash = runTraining(tinyRun(seed, { network: network(), recipe: recipes[0] }));
  await expect(clash).rejects.toThrow(CardinalError);
  await expect(clash).rejects.toThrow(
    /^the network's tensor 'ema\.conv\.weight' is called as what training keeps of 'conv\.weight': rename its attribute 'ema'$/,
  );
});

test('a file of weights without such names says nothing of them', async () => {
  const store = new MemoryStore();
  await runTraining(tinyRun(seed, { store, recipe: recipes[0] }));
  const { metadata } = await readSafetensors(store.bytes('last'), 'last');
  expect(metadata.has('own')).toBe(false);
  const { training, ...rest } = await store.read('last');
  const clashing = new Map([...rest.state, ['ema.0.weight', f32([1], Float32Array.of(1))] as const]);
  await expect(buildCheckpoint({ ...rest, state: clashing, training })).rejects.toThrow(
    /^the network's tensor 'ema\.0\.weight' is called as what a checkpoint keeps of training: rename its attribute 'ema'$/,
  );
});
