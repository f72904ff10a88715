import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import { toContiguous } from '../../src/backends/channels-last.ts';
import { preprocess } from '../../src/data/pipeline.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/index.ts';
import { AdaptiveAvgPool2d, Conv2d, Flatten, Linear, Sequential } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import { activations } from '../../src/session/activations.ts';
import { pathContributions } from '../../src/session/paths/path-contributions.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';
import { drawWeights } from '../use/explain/networks.ts';

const classes = ['red', 'green', 'blue'];
const preprocessing: Preprocessing = {
  channels: 3,
  size: [4, 4],
  resize: 4,
  interpolation: 'nearest',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** Raw pixels 4×4: the left half red, the right half blue and a little red. */
const picture = {
  data: Uint8Array.from({ length: 48 }, (_, i) => {
    const isLeft = Math.floor(i / 3) % 4 < 2;
    return (isLeft ? [200, 0, 0] : [50, 0, 240])[i % 3];
  }),
  width: 4,
  height: 4,
  channels: 3 as const,
};

const backend = await createNodeBackend({ name: 'wasm', threads: 2 });
let classifier: Classifier;
const model = createModel('resnext_cifar', {
  ...{ layers: [1, 1], cardinality: 2, baseWidth: 16, planes: 8, numClasses: 3 },
});
/** What the classifier makes of the picture. */
const input = {
  shape: [1, 3, 4, 4],
  data: toContiguous(preprocess(picture, preprocessing), [1, 3, 4, 4]),
};

beforeAll(async () => {
  drawWeights(model, seed);
  const description = { name: 'small', options: {} };
  classifier = await classifierOf({ model, description, classes }, { backend, preprocessing });
});
afterAll(async () => {
  await classifier.dispose();
  await backend.dispose();
});

test(`a classifier has the activations of its network (CARDINAL_SEED=${seed})`, async () => {
  const layers = ['layer1.0.conv2', 'layer2'];
  const found = await classifier.activations(picture, { layers });
  expect(found).toEqual(await activations(model, { layers, input, backend }));
  expect(found['layer1.0.conv2'].shape).toEqual([1, 4, 4, 4]);
  await expect(classifier.activations(picture, { layers: ['layer1.0.conv4'] })).rejects.toThrow(
    /expected a layer by its module's path, .* got 'layer1.0.conv4'; the nearest: layer1.0.conv1, /,
  );
});

test('a classifier has the paths of its network, for a class by name', async () => {
  const found = await classifier.pathContributions(picture, { label: 'blue' });
  const expected = await pathContributions(model, { input, backend, label: 2 });
  const answers = await classifier.classify(picture, { topK: 3 });
  expect(found).toMatchObject({ class: 'blue', label: 2, logit: expected.logit });
  // Nothing is fused where paths are asked for: the last digits differ.
  expect(found.probability).toBeCloseTo(answers.find(({ label }) => label === 2)?.probability ?? 0, 5);
  expect(found.blocks.map(({ block }) => block)).toEqual(['layer1.0', 'layer2.0']);
  const effects = (of: typeof found.blocks) =>
    Float32Array.from(of.flatMap(({ paths }) => paths.map(({ effect }) => effect)));
  expect(relativeDistance(effects(found.blocks), effects(expected.blocks))).toBeLessThan(1e-4);
  const [likeliest] = answers;
  const one = await classifier.pathContributions(picture, { blocks: ['layer2.0'] });
  expect(one).toMatchObject({ class: likeliest.class, blocks: [{ block: 'layer2.0' }] });
  await expect(classifier.pathContributions(picture, { label: 'reed' })).rejects.toThrow(UsageError);
});

/** Logits are ten times the mean of each colour, so that what a grey square takes away can be worked out. */
test('occlusion tells what a class loses under a grey square, place by place', async () => {
  const colours = new Sequential(
    new Conv2d(3, 3, 1, { bias: false }),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(3, 3, { bias: false }),
  );
  const diagonal = (factor: number) => Float32Array.of(factor, 0, 0, 0, factor, 0, 0, 0, factor);
  colours.loadStateDict(
    new Map([
      ['0.weight', f32([3, 3, 1, 1], diagonal(1))],
      ['3.weight', f32([3, 3], diagonal(10))],
    ]),
  );
  const description = { name: 'colours', options: {} };
  const one = await classifierOf({ model: colours, description, classes }, { backend, preprocessing });
  try {
    let told = { done: 0, of: 0 };
    const found = await one.occlusion(picture, {
      ...{ label: 'red', size: 2, measure: 'logit', stride: 1 },
      onProgress: (progress) => (told = progress),
    });
    expect(found).toMatchObject({
      class: 'red',
      rows: 3,
      columns: 3,
      size: 2,
      stride: 1,
      width: 4,
      height: 4,
    });
    expect(told).toEqual({ done: 9, of: 9 });
    // A quarter of the pixels becomes 0.5.
    const [left, right] = [200, 50].map((red) => (10 / 4) * (red / 255 - 0.5));
    const row = [left, (left + right) / 2, right];
    [...row, ...row, ...row].forEach((drop, place) => {
      expect(found.drops[place]).toBeCloseTo(drop, 4);
    });
    // The mean of all squares over a pixel; the middle one hides as much of either half.
    const mean = (left + (left + right) / 2) / 2;
    [1, mean / left, 0, 0].forEach((share, x) => {
      expect(found.map[x]).toBeCloseTo(Math.max(0, share), 4);
    });
    const falls = await one.occlusion(picture, { label: 'red', size: 2 });
    const answers = await one.classify(picture, { topK: 3 });
    expect(falls.probability).toBe(answers.find(({ label }) => label === 0)?.probability);
    expect(falls).toMatchObject({ rows: 3, columns: 3, stride: 1 });
    expect(falls.drops[0]).toBeGreaterThan(0);
    expect(falls.drops[2]).toBeLessThan(0);
    expect(Buffer.from(await falls.overlay()).toString('latin1', 1, 4)).toBe('PNG');
    await expect(one.occlusion(picture, { size: 5 })).rejects.toThrow(
      /^occlusion: expected a square within the network's input of 4×4 pixels, got one of 5×5$/,
    );
    await expect(one.pathContributions(picture)).rejects.toThrow(/^colours has no aggregated paths/);
  } finally {
    await one.dispose();
  }
});

test.each(['occlusion', 'pathContributions'] as const)('%s ends when its signal says so', async (method) => {
  const ending = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => {
    ending.abort(reason);
  };
  await expect(classifier[method](picture, { signal: ending.signal, onProgress })).rejects.toBe(reason);
  expect((await classifier.classify(picture))[0].probability).toBeGreaterThan(0);
});
