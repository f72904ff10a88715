import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { gradientNorms, weightedLayers } from '../../src/session/gradient-norms.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { settings } from '../parity/fixture.ts';
import { build } from '../parity/network.ts';
import { Tensors } from '../parity/tensors.ts';

const backends = [
  await createNodeBackend({ name: 'reference' }),
  await createNodeBackend({ name: 'wasm', threads: 2 }),
];
afterAll(() => Promise.all(backends.map((backend) => backend.dispose())));

/** Networks of PyTorch's gradients: without shortcuts, and with projections around grouped convolutions. */
const networks = settings.networks.filter(
  ({ name, labelSmoothing }) => ['plain', 'groups_8_16_32'].includes(name) && labelSmoothing === 0,
);
const norm = (data: Float32Array): number => Math.hypot(...data);

describe.each(backends)('on $name', (backend) => {
  test.each(networks)(
    '$name has the norms of PyTorch’s gradients',
    async ({ name, layers, input: shape }) => {
      const fixture = new Tensors(`parity/${name}.safetensors`);
      const model = build(layers);
      const state: StateDict = model.stateDict();
      const expected = new Map(fixture.under('weights.'));
      for (const [path, { data }] of state) data.set((expected.get(path) ?? data) as never);
      model.loadStateDict(state);
      const found = await gradientNorms(model, {
        backend,
        input: { shape, data: fixture.get('input.0') },
        target: fixture.get('target.0'),
      });
      expect(found.loss).toBeCloseTo(fixture.get('train.loss')[0], 5);
      const matrices = [...expected].filter(([path]) => (state.get(path)?.shape.length ?? 0) > 1);
      expect(found.layers.map(({ parameter }) => parameter).sort()).toEqual(
        matrices.map(([path]) => path).sort(),
      );
      for (const { parameter, norm: ours, weightNorm } of found.layers) {
        expect(ours / norm(fixture.get(`grad.${parameter}`)), parameter).toBeCloseTo(1, 4);
        expect(weightNorm / norm(fixture.get(`weights.${parameter}`)), parameter).toBeCloseTo(1, 5);
      }
    },
  );
});

test.each([true, false])(
  'a norm is the slope of the loss along its gradient, with shortcuts: %s',
  async (residual) => {
    const [backend] = backends;
    const options = { layers: [1, 1], cardinality: 4, baseWidth: 16, planes: 8, numClasses: 5, residual };
    const model = createModel('resnext_cifar', options).initialize(3);
    const rng = Rng.of(3, 'input');
    const input = {
      shape: [6, 3, 8, 8],
      data: Float32Array.from({ length: 6 * 3 * 64 }, () => rng.normal()),
    };
    const asked = { backend, input, target: [0, 1, 2, 3, 4, 0] };
    const { layers } = await gradientNorms(model, asked);
    const { gradients } = await computeGradients(model, asked);
    const state = model.stateDict();
    const step = 1e-3;
    const lossAt = async (parameter: string, length: number): Promise<number> => {
      const weights = state.get(parameter);
      const gradient = gradients.get(parameter);
      if (weights?.dtype !== 'F32' || gradient?.dtype !== 'F32') throw new Error(`no ${parameter}`);
      const scale = length / norm(gradient.data);
      const data = weights.data.map((weight, at) => weight + scale * gradient.data[at]);
      model.loadStateDict(new Map([...state, [parameter, { ...weights, data }]]));
      return (await computeGradients(model, asked)).loss;
    };
    expect(layers.length).toBe(residual ? 10 : 8);
    for (const { parameter, norm: found } of layers) {
      const slope = ((await lossAt(parameter, step)) - (await lossAt(parameter, -step))) / (2 * step);
      expect(slope / found, parameter).toBeCloseTo(1, 1);
    }
  },
);

describe('the depth of a layer', () => {
  const depths = (
    name: string,
    options: Readonly<Record<string, unknown>> = {},
  ): ReadonlyMap<string, number> => {
    const { graph } = trace(createModel(name, options), [1, 3, 64, 64], { training: true });
    return new Map(weightedLayers(graph).map(({ parameter, depth }) => [parameter, depth]));
  };

  test.each([
    ['resnet50', 50],
    ['resnext101_32x4d', 101],
  ])('counts %s’s %i layers', (name, layers) => {
    const found = depths(name);
    expect(found.get('conv1.weight')).toBe(1);
    expect(found.get('layer1.0.downsample.0.weight')).toBe(2);
    expect(found.get('layer1.0.conv3.weight')).toBe(4);
    expect(found.get('fc.weight')).toBe(layers);
    // On the longest way each depth has a layer.
    expect(new Set(found.values()).size).toBe(layers);
  });

  test('is the same without shortcuts', () => {
    expect(depths('resnet50', { residual: false }).get('fc.weight')).toBe(50);
  });
});
