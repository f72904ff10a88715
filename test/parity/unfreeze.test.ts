import { afterAll, expect, test } from 'vitest';
import { f32 } from '../../src/base/tensor-data.ts';
import type { BatchLoader } from '../../src/data/dataset.ts';
import { freeze } from '../../src/nn/index.ts';
import { networkOf } from '../../src/train/network.ts';
import { recipeSchema } from '../../src/train/recipe.ts';
import { fit } from '../../src/train/train.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { build, type LayerSpec } from './network.ts';
import { readJson, Tensors } from './tensors.ts';

/** What `scripts/fixtures/unfreeze.py` wrote. */
interface Settings {
  readonly input: readonly [number, number, number, number];
  readonly classes: number;
  readonly layers: readonly LayerSpec[];
  readonly classifier: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly unfreezeAt: number;
  readonly scale: number;
  readonly adamw: {
    readonly lr: number;
    readonly betas: readonly number[];
    readonly eps: number;
    readonly weight_decay: number;
  };
  readonly labels: readonly (readonly number[])[];
  readonly batchesTracked: Readonly<Record<string, number>>;
}

const settings = readJson('frozen/unfrozen.json') as Settings;
const fixture = new Tensors('frozen/unfrozen.safetensors');
const { lr, betas, eps, weight_decay } = settings.adamw;
const recipe = recipeSchema.parse({
  name: 'unfrozen',
  epochs: settings.epochs,
  batchSize: settings.input[0],
  optimizer: { kind: 'adamw', learningRate: lr, betas, eps, weightDecay: weight_decay },
  schedule: { kind: 'constant' },
  learningRateScale: { '*': settings.scale, [`${settings.classifier}.*`]: 1 },
  unfreezeAt: settings.unfreezeAt,
});
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

test.each(kinds)('$name: a classifier, then everything, is trained as in PyTorch', async ({ backends }) => {
  const [, ...picture] = settings.input;
  const model = build(settings.layers);
  const shapes = new Map([...model.stateDict()].map(([name, { shape }]) => [name, shape]));
  model.loadStateDict(
    new Map(fixture.under('weights.').map(([name, data]) => [name, f32(shapes.get(name) ?? [], data)])),
  );
  freeze(model, ['backbone']);
  const losses: number[] = [];
  const { state } = await fit({
    network: networkOf(model, picture, { name: 'unfrozen', options: {} }),
    backend: backends[0],
    data: { train: loader() },
    recipe,
    onEvent: (event) => event.type === 'step' && losses.push(event.loss),
  });
  expect(relativeDistance(Float32Array.from(losses), fixture.get('losses'))).toBeLessThan(1e-4);
  const after = fixture.under('after.');
  expect(after.length).toBeGreaterThan(0);
  for (const [name, expected] of after) {
    const data = state?.get(name)?.data;
    if (!(data instanceof Float32Array)) throw new Error(`no numbers of ${name}`);
    expect(relativeDistance(data, expected), name).toBeLessThan(1e-4);
  }
  for (const [name, count] of Object.entries(settings.batchesTracked)) {
    expect(state?.get(name)?.data, name).toEqual(BigInt64Array.of(BigInt(count)));
  }
});

/** The fixture's batches, in its order. */
function loader(): BatchLoader {
  const { classes, stepsPerEpoch, labels } = settings;
  const [batchSize] = settings.input;
  const names = Array.from({ length: classes }, (_, label) => `class ${label}`);
  return {
    dataset: {
      name: 'fixture',
      classes: names,
      length: stepsPerEpoch * batchSize,
      label: () => 0,
      id: String,
    },
    batchSize,
    batchesPerEpoch: stepsPerEpoch,
    skipped: [],
    dispose: () => Promise.resolve(),
    async *epoch(epoch) {
      for (let n = 0; n < stepsPerEpoch; n++) {
        const step = epoch * stepsPerEpoch + n;
        const own = labels[step];
        const target = new Float32Array(batchSize * classes);
        own.forEach((label, row) => (target[row * classes + label] = 1));
        const input = fixture.get(`input.${step}`);
        const indices = Uint32Array.from(own.keys());
        yield await Promise.resolve({
          size: batchSize,
          input,
          target,
          labels: Int32Array.from(own),
          indices,
        });
      }
    },
  };
}
