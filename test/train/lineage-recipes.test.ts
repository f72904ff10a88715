import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { Linear, Sequential } from '../../src/nn/index.ts';
import { createModel, modelInfo } from '../../src/models/registry.ts';
import { layersOf } from '../../src/train/layers.ts';
import { learningRateScales } from '../../src/train/learning-rates.ts';
import { networkOf } from '../../src/train/network.ts';
import { recipeNames } from '../../src/train/recipe-names.ts';
import { trainingInput, trainingPreprocessing, withDropPath } from '../../src/train/recipe-parts.ts';
import { findRecipe, recipes, recipeSchema, withOverrides, type Recipe } from '../../src/train/recipe.ts';
import { learningRateAt } from '../../src/train/schedule.ts';
import { byCodePoint } from '../../src/base/order.ts';
import { imagenetPreprocessing, preprocessingSchema } from '../../src/data/preprocessing.ts';

/** Made by scripts/fixtures/recipes.py with timm; the shape is that script's. */
const timm = JSON.parse(readFileSync(new URL('../fixtures/recipes.json', import.meta.url), 'utf8')) as {
  schedules: Record<string, [step: number, rate: number][]>;
  layers: Record<string, number[]>;
};

test('the names that are listed are those there are', () => {
  expect(Object.keys(recipes)).toEqual([...recipeNames]);
});

test.each(Object.entries(timm.schedules))('%s: learning rates are timm’s', (name, rates) => {
  const { schedule, optimizer, epochs } = findRecipe(name);
  for (const [step, rate] of rates) {
    const ours = learningRateAt(schedule, optimizer.learningRate, { step, stepsPerEpoch: 10, epochs });
    expect(Math.abs(ours - rate), `step ${step}: ${ours}, timm ${rate}`).toBeLessThan(1e-12 + 1e-9 * rate);
  }
});

/** ResNet strikes back, table 2; ConvNeXt, table 5; EfficientNet, section 5.2; timm's training examples. */
test.each([
  ['mobilenet', { batchSize: 1024, epochs: 600, labelSmoothing: 0.1, dropPath: 0.2 }],
  ['efficientnet', { batchSize: 4096, epochs: 350, labelSmoothing: 0.1, dropPath: 0.2 }],
  ['convnext', { batchSize: 4096, epochs: 300, mix: { mixup: 0.8, cutmix: 1 }, dropPath: 0.1 }],
  ['resnet-a1', { batchSize: 2048, epochs: 600, mix: { mixup: 0.2, cutmix: 1 }, repeats: 3, dropPath: 0.05 }],
  [
    'resnet-a2',
    { batchSize: 2048, epochs: 300, mix: { mixup: 0.1, cutmix: 1 }, repeats: 3, labelSmoothing: 0 },
  ],
  ['resnet-a3', { batchSize: 2048, epochs: 100, mix: { mixup: 0.1, cutmix: 1 }, trainScale: 5 / 7 }],
])('%s is as published', (name, published) => {
  expect(findRecipe(name)).toMatchObject(published);
});

test('optimisers and augmentation are as published', () => {
  const decayless = { decayNorms: false };
  expect(findRecipe('mobilenet').optimizer).toMatchObject({
    ...{ kind: 'rmsprop', tensorflow: true, alpha: 0.9, momentum: 0.9, eps: 1e-3, weightDecay: 1e-5 },
    ...decayless,
  });
  expect(findRecipe('convnext').optimizer).toMatchObject({
    ...{ kind: 'adamw', betas: [0.9, 0.999], weightDecay: 0.05 },
    ...decayless,
  });
  expect(findRecipe('resnet-a3')).toMatchObject({
    optimizer: { kind: 'lamb', learningRate: 8e-3, weightDecay: 0.02, eps: 1e-6, ...decayless },
    loss: { kind: 'bce' },
    // rand-m6-mstd0.5-inc1
    augmentation: {
      policy: { kind: 'rand', n: 2, magnitude: 6, std: 0.5, increasing: true, probability: 0.5 },
      flip: 0.5,
    },
  });
  expect(findRecipe('efficientnet').augmentation?.policy).toEqual({ kind: 'auto', policy: 'imagenet' });
});

test('a warm-up within a schedule is stretched with it, and stays within', () => {
  const { schedule } = withOverrides(findRecipe('resnet-a1'), { epochs: 6 });
  expect(schedule.warmUp).toEqual({ epochs: 0.05, from: 0.02, within: true });
});

describe('layers', () => {
  const pathsOf = (name: string): string[] =>
    createModel(name)
      .namedParameters()
      .map(([path]) => path);

  test.each(Object.entries(timm.layers))('of %s are timm’s', (name, layers) => {
    const ours = layersOf(pathsOf(name));
    const paths = [...ours.keys()].sort(byCodePoint);
    expect(Object.fromEntries(paths.map((path) => [path, ours.get(path)]))).toEqual(
      Object.fromEntries(paths.map((path, at) => [path, layers[at]])),
    );
    expect(paths.length).toBe(layers.length);
  });

  test('learning rates fall from the classifier to the stem, and patterns multiply', () => {
    const network = networkOf(createModel('resnet20_cifar'), [3, 32, 32], {
      name: 'resnet20_cifar',
      options: {},
    });
    const recipe = withOverrides(recipes.quick, { layerDecay: 0.5, learningRateScale: { 'layer3.2': 10 } });
    const scale = learningRateScales(network, recipe);
    // Nine blocks between a stem and a classifier.
    expect(scale('linear.weight')).toBe(1);
    expect(scale('layer3.2.conv1.weight')).toBe(10 * 0.5);
    expect(scale('layer1.0.bn1.weight')).toBe(0.5 ** 9);
    expect(scale('conv1.weight')).toBe(0.5 ** 10);
    expect(learningRateScales(network, recipes.quick)('conv1.weight')).toBe(1);
  });

  test('the last pattern that matches counts, of pairs in the order given', () => {
    const network = networkOf(createModel('resnet20_cifar'), [3, 32, 32], {
      name: 'resnet20_cifar',
      options: {},
    });
    const scaleOf = (learningRateScale: Recipe['learningRateScale']) =>
      learningRateScales(network, withOverrides(recipes.quick, { learningRateScale }));
    const pairs = scaleOf([
      ['layer3', 1],
      ['*', 0.1],
      ['linear', 2],
    ]);
    expect(['layer3.0.conv1.weight', 'conv1.weight', 'linear.bias'].map(pairs)).toEqual([0.1, 0.1, 2]);
    expect(() => scaleOf([['linear', -1]])).toThrow(/learningRateScale\.0\.1: .*>=0/);
    expect(() => scaleOf([['linear']] as never)).toThrow(
      /learningRateScale: expected factors of at least 0 by pattern/,
    );
    expect(() => scaleOf([['layer9', 1]])).toThrow(/no parameter of the network matches 'layer9'/);
  });

  test('a record whose whole numbers JavaScript puts first is refused, pairs are not', () => {
    const own = new Sequential(new Linear(4, 4), new Linear(4, 4), new Linear(4, 2));
    const network = networkOf(own, [4], { name: 'own', options: {} });
    const scaleOf = (learningRateScale: Recipe['learningRateScale']) =>
      learningRateScales(network, { ...recipes.quick, learningRateScale });
    expect(() => scaleOf({ '*': 0.1, 2: 1 })).toThrow(
      new UsageError(
        "learningRateScale: '*' and '2' match the same parameters, and of a record's keys JavaScript puts whole numbers first; give pairs, the one that counts last: [['*', 0.1], ['2', 1]]",
      ),
    );
    const rates = (scale: (path: string) => number): number[] =>
      ['1.weight', '2.weight', '2.bias'].map(scale);
    expect(
      rates(
        scaleOf([
          ['*', 0.1],
          ['2', 1],
        ]),
      ),
    ).toEqual([0.1, 1, 1]);
    // Whoever writes these means what JavaScript has.
    expect(rates(scaleOf({ 1: 0.5, 2: 3 }))).toEqual([0.5, 3, 3]);
    expect(rates(scaleOf({ 2: 3, '1.*': 0.5 }))).toEqual([0.5, 3, 3]);
  });

  test('a network of one’s own has the layers that its paths number', () => {
    const paths = ['embed.weight', 'part1.a.weight', 'part1.b.weight', 'part2.0.weight', 'out.weight'];
    expect([...layersOf(paths).values()]).toEqual([0, 1, 1, 2, 3]);
    expect([...layersOf(['stem.weight', 'layers.0.a', 'layers.1.a', 'fc.weight']).values()]).toEqual([
      0, 1, 2, 3,
    ]);
  });
});

describe('smaller training pictures', () => {
  test('have a share of the side', () => {
    expect(trainingInput([3, 224, 224], { trainScale: 160 / 224 })).toEqual([3, 160, 160]);
    expect(trainingInput([1, 28, 28], {})).toEqual([1, 28, 28]);
    const trained = trainingPreprocessing(
      { ...imagenetPreprocessing, cropShare: 0.875 },
      { trainScale: 160 / 224 },
    );
    expect(preprocessingSchema.parse(trained)).toMatchObject({ size: [160, 160], resize: 183 });
    expect(trainingPreprocessing(imagenetPreprocessing, {})).toBe(imagenetPreprocessing);
  });
});

test('dropPath goes where it is an option, and what is set stays', () => {
  const recipe = findRecipe('convnext');
  const all = { ...modelInfo('convnext_tiny').options };
  expect(withDropPath({}, all, recipe)).toEqual({ dropPath: 0.1 });
  expect(withDropPath({ dropPath: 0 }, all, recipe)).toEqual({ dropPath: 0 });
  expect(withDropPath({}, { ...modelInfo('mobilenetv1_100').options }, recipe)).toEqual({});
  expect(withDropPath({}, all, recipes.imagenet)).toEqual({});
});

test.each([
  { layerDecay: 0 },
  { layerDecay: 1.1 },
  { repeats: 0 },
  { repeats: 1.5 },
  { trainScale: 2 },
  { dropPath: 1 },
  { auxiliary: { aux: 0 } },
])('%j is refused', (parts) => {
  expect(recipeSchema.safeParse({ ...recipes.quick, ...parts }).success).toBe(false);
});
