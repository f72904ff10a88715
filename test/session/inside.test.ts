import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { Bottleneck, convertForm, createModel, ResNet, type Form } from '../../src/models/index.ts';
import { Conv2d, Identity, Sequential, trace, type Module } from '../../src/nn/index.ts';
import { moduleFrom } from '../../src/nn/replayed.ts';
import { moduleData } from '../../src/nn/traced.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { activations } from '../../src/session/activations.ts';
import { compile } from '../../src/session/compile.ts';
import { aggregationsOf } from '../../src/session/paths/aggregations.ts';
import { pathContributions } from '../../src/session/paths/path-contributions.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';
import { drawInput, drawWeights } from '../use/explain/networks.ts';

const backends = [
  await createNodeBackend({ name: 'reference' }),
  await createNodeBackend({ name: 'wasm', threads: 2 }),
];
const [, backend] = backends;
afterAll(() => Promise.all(backends.map((one) => one.dispose())));

async function fixture(path: string) {
  const { tensors } = await readSafetensors(await readFile(new URL(`../fixtures/${path}`, import.meta.url)));
  return (name: string): Float32Array => {
    const data = tensors.get(name)?.data;
    if (data instanceof Float32Array) return data;
    throw new Error(`${path} has no ${name}`);
  };
}

const seen = await fixture('inside.safetensors');
const pictures = await fixture('torchvision/narrow_resnext.expected.safetensors');
const input = { shape: [1, 3, 64, 64], data: pictures('input').slice(0, 3 * 64 * 64) };
const label = 3;

/** torchvision's `narrow_resnext`: blocks of eight paths of one to eight channels. */
async function narrow(): Promise<Module> {
  const model = new ResNet(Bottleneck, [1, 2, 1, 1], {
    ...{ planes: 4, numClasses: 10, groups: 8, widthPerGroup: 16 },
  });
  const file = new URL('../fixtures/torchvision/narrow_resnext.safetensors', import.meta.url);
  model.loadStateDict((await readSafetensors(await readFile(file))).tensors);
  return model;
}

const layers = [
  ...['conv1', 'bn1', 'maxpool', 'layer1.0.conv2', 'layer1.0.bn3', 'layer2.1.relu', 'layer2.1.relu#1'],
  ...['layer2.1.relu#2', 'layer2.1.relu#3', 'layer3', 'layer4.0.downsample', 'avgpool', 'fc'],
];
const blocks = ['layer1.0', 'layer2.0', 'layer2.1', 'layer3.0', 'layer4.0'];

describe.each(backends)('a ResNeXt of torchvision on $name', (device) => {
  test('has PyTorch’s activations in every layer, as forward hooks see them', async () => {
    const found = await activations(await narrow(), { layers, input, backend: device });
    expect(Object.keys(found)).toEqual(layers);
    for (const layer of layers) {
      expect(relativeDistance(found[layer].data, seen(`activation.${layer}`)), layer).toBeLessThan(1e-5);
    }
    expect(found['layer1.0.conv2'].shape).toEqual([1, 8, 16, 16]);
    expect(found['layer2.1.relu']).toEqual(found['layer2.1.relu#3']);
  });

  test('has PyTorch’s norms, shares and effects of every path that a hook leaves out', async () => {
    const model = await narrow();
    const told: string[] = [];
    const found = await pathContributions(model, {
      ...{ input, label, backend: device },
      onProgress: ({ done, of, block }) => told.push(`${block} ${done}/${of}`),
    });
    expect(found.blocks.map(({ block }) => block)).toEqual(blocks);
    for (const { block, paths } of found.blocks) {
      const expected = seen(`paths.${block}`);
      const column = (at: number) => Float32Array.from(paths, (_, path) => expected[path * 3 + at]);
      const given = (of: 'norm' | 'share' | 'effect') => Float32Array.from(paths, (path) => path[of]);
      expect(paths).toHaveLength(8);
      expect(relativeDistance(given('norm'), column(0)), block).toBeLessThan(1e-5);
      expect(relativeDistance(given('share'), column(1)), block).toBeLessThan(1e-5);
      // A difference of logits, which have seven digits.
      expect(relativeDistance(given('effect'), column(2)), block).toBeLessThan(1e-4);
      expect(given('share').reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
    }
    expect(told.at(-1)).toBe('layer4.0 40/40');
    const { data } = await (
      await compile(model, { input: input.shape, backend: device })
    ).forward(input.data);
    expect(found.logit).toBeCloseTo(data[label], 5);
  });
});

describe(`the three forms of one network (CARDINAL_SEED=${seed})`, () => {
  const options = { layers: [1, 2], cardinality: 4, baseWidth: 16, planes: 8, numClasses: 5 };
  const small = { shape: [1, 3, 16, 16], data: drawInput(seed) };
  const grouped = createModel('resnext_cifar', options);
  drawWeights(grouped, seed);

  test.each(['a', 'b'] as const)('(%s) has the paths of (c)', async (form: Form) => {
    const model = createModel('resnext_cifar', { ...options, form });
    model.loadStateDict(convertForm(grouped.stateDict(), form));
    const [one, other] = await Promise.all(
      [model, grouped].map((network) => pathContributions(network, { input: small, label: 2, backend })),
    );
    expect(one.blocks.map(({ block }) => block)).toEqual(['layer1.0', 'layer2.0', 'layer2.1']);
    const flat = ({ blocks: found }: typeof one, of: 'norm' | 'share' | 'effect') =>
      Float32Array.from(found.flatMap(({ paths }) => paths.map((path) => path[of])));
    expect(flat(one, 'norm')).toHaveLength(12);
    for (const of of ['norm', 'share', 'effect'] as const) {
      expect(relativeDistance(flat(one, of), flat(other, of)), of).toBeLessThan(1e-4);
    }
  });

  test('do not depend on how many paths are left out at once, and blocks may be chosen', async () => {
    const asked = { input: small, label: 2, backend, blocks: ['layer2.1'] };
    const [one, several] = await Promise.all(
      [1, 3].map((batchSize) => pathContributions(grouped, { ...asked, batchSize })),
    );
    expect(one.blocks.map(({ block }) => block)).toEqual(['layer2.1']);
    expect(several).toEqual(one);
  });

  test('end when they are asked to, and say what is not there', async () => {
    const asked = { input: small, backend };
    const ending = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => {
      ending.abort(reason);
    };
    const ended = pathContributions(grouped, { ...asked, signal: ending.signal, onProgress });
    await expect(ended).rejects.toBe(reason);
    await expect(pathContributions(grouped, { ...asked, label: 5 })).rejects.toThrow(
      /^pathContributions: expected a label from 0 to 4, got 5$/,
    );
    await expect(pathContributions(grouped, { ...asked, blocks: ['layer2.7'] })).rejects.toThrow(
      /expected a block with paths, got 'layer2.7'; the nearest: layer2.0, layer2.1, layer1.0$/,
    );
    const dense = new Sequential(new Conv2d(3, 4, 3), new Conv2d(4, 5, 1));
    await expect(pathContributions(dense.initialize(0), asked)).rejects.toThrow(/has no aggregated paths/);
  });
});

test('blocks are found by what they compute: gates, depthwise layers and other names', () => {
  const counted = (name: string) =>
    aggregationsOf(trace(createModel(name), [1, 3, 96, 96], { training: false }).graph.nodes).map(
      ({ block, paths }) => `${block} ${paths.length}×${paths[0].length}`,
    );
  expect(counted('resnet50')).toEqual([]);
  expect(counted('inception_v4')).toEqual([]);
  expect(counted('seresnext50_32x4d')).toHaveLength(16);
  expect(counted('regnety_008').slice(0, 2)).toEqual(['s1.b1 4×16', 's2.b1 8×16']);
  expect(counted('mobilenetv2_100').slice(0, 2)).toEqual(['blocks.0.0 32×1', 'blocks.1.0 96×1']);
  expect(counted('resnext50_32x4d.review')[0]).toBe('conv2_blocks.0.residual 32×4');
});

test('a layer that gives back its input has it, one of a network that came as data too; others are refused', async () => {
  const shape = [2, 3, 4, 4];
  const data = drawInput(seed).slice(0, 96);
  const model = new Sequential(new Identity(), new Conv2d(3, 2, 1)).initialize(seed);
  const asked = { layers: ['0', '1'], input: { shape, data }, backend };
  const found = await activations(model, asked);
  expect(found['0'].data).toEqual(data);
  const copy = moduleFrom(moduleData(model, [{ shape, training: false }]));
  expect(await activations(copy, asked)).toEqual(found);
  await expect(activations(model, { ...asked, layers: ['2'] })).rejects.toThrow(UsageError);
  await expect(activations(model, { ...asked, layers: ['2'] })).rejects.toThrow(
    /^activations: expected a layer by its module's path, one that forward calls, got '2'; the nearest: 0, 1$/,
  );
});
