import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import { freeze, type Module } from '../../src/nn/index.ts';
import { networkOf } from '../../src/train/network.ts';
import { fitPlan } from '../../src/train/micro-batches.ts';
import { recipeSchema } from '../../src/train/recipe.ts';
import { TrainingProgram } from '../../src/train/training-program.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { build, type LayerSpec } from './network.ts';
import { readJson, Tensors } from './tensors.ts';

/** What `scripts/fixtures/frozen.py` wrote. */
interface Settings {
  readonly input: readonly [number, number, number, number];
  readonly classes: number;
  readonly layers: readonly LayerSpec[];
  readonly frozen: readonly string[];
  readonly steps: number;
  readonly sgd: {
    readonly lr: number;
    readonly momentum: number;
    readonly nesterov: boolean;
    readonly weight_decay: number;
  };
  readonly clipNorm: number;
  /** `num_batches_tracked` of every norm at the end. */
  readonly batchesTracked: Readonly<Record<string, number>>;
}

const settings = readJson('frozen/resnext.json') as Settings;
const fixture = new Tensors('frozen/resnext.safetensors');
const { lr, momentum, nesterov, weight_decay } = settings.sgd;
const recipe = recipeSchema.parse({
  name: 'frozen',
  epochs: 1,
  batchSize: settings.input[0],
  optimizer: { kind: 'sgd', learningRate: lr, momentum, nesterov, weightDecay: weight_decay },
  schedule: { kind: 'constant' },
  clipNorm: settings.clipNorm,
});
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(kinds)('$name', ({ backends }) => {
  test('a network with a frozen stem and a frozen block trains as in PyTorch', async () => {
    const program = await load(backends[1] ?? backends[0]);
    const losses = new Float32Array(settings.steps);
    const norms = new Float32Array(settings.steps);
    for (let step = 0; step < settings.steps; step++) {
      losses[step] = (await program.gradient(batch((step + 1) % 2), step)).loss;
      norms[step] = (await program.update(lr, step)) ?? NaN;
    }
    const { state } = await program.snapshot();
    await program.dispose();

    expect(relativeDistance(losses, fixture.get('losses'))).toBeLessThan(1e-4);
    expect(Math.max(...norms), 'clipping happens').toBeGreaterThan(settings.clipNorm);
    expect(relativeDistance(norms, fixture.get('norms'))).toBeLessThan(1e-3);
    const after = fixture.under('after.');
    expect(after.length).toBeGreaterThan(0);
    for (const [name, expected] of after) {
      const data = state.get(name)?.data;
      if (!(data instanceof Float32Array)) throw new Error(`no numbers of ${name}`);
      expect(relativeDistance(data, expected), name).toBeLessThan(1e-4);
    }
    for (const [name, count] of Object.entries(settings.batchesTracked)) {
      expect(state.get(name)?.data, name).toEqual(BigInt64Array.of(BigInt(count)));
    }
  });
});

/** The training program with PyTorch's first weights. */
async function load(backend: Backend): Promise<TrainingProgram> {
  const [size, ...picture] = settings.input;
  const model: Module = build(settings.layers);
  const shapes = new Map([...model.stateDict()].map(([name, { shape }]) => [name, shape]));
  const weights = fixture.under('weights.').map(([name, data]) => {
    return [name, f32(shapes.get(name) ?? [], data)] as const;
  });
  model.loadStateDict(new Map(weights));
  freeze(model, settings.frozen);
  const network = networkOf(model, picture, { name: 'frozen', options: {} });
  const { plan } = fitPlan(network, backend, recipe);
  return new TrainingProgram(await backend.load(plan), recipe, size, 0, network.stateDict());
}

/** One of the fixture's batches, as loaders give them: pictures channels-last. */
function batch(index: number) {
  const [size, channels, height, width] = settings.input;
  const contiguous = fixture.get(`input.${index}`);
  const pixels = height * width;
  const input = contiguous.map((_, i) => {
    const [picture, pixel, channel] = [
      Math.floor(i / (pixels * channels)),
      Math.floor(i / channels) % pixels,
      i % channels,
    ];
    return contiguous[(picture * channels + channel) * pixels + pixel];
  });
  const target = fixture.get(`target.${index}`);
  const labels = Int32Array.from({ length: size }, (_, row) =>
    target.subarray(row * settings.classes, (row + 1) * settings.classes).indexOf(1),
  );
  return { size, input, target, labels, indices: Uint32Array.from(labels.keys()) };
}
