import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { createModel, modelInfo } from '../../../src/models/index.ts';
import { Flatten, Linear, Sequential, type Module } from '../../../src/nn/index.ts';
import { f32 } from '../../../src/base/tensor-data.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { loadWith } from '../../../src/session/load-with.ts';
import { inferenceNetworkOf } from '../../../src/train/inference-network.ts';
import { gradCam } from '../../../src/use/explain/grad-cam.ts';
import { landmarksOf } from '../../../src/use/explain/landmarks.ts';
import { planExplanation } from '../../../src/use/explain/plan-explanation.ts';
import { relativeDistance } from '../../support/compare.ts';
import { seed } from '../../support/seed.ts';
import { Doubles } from './doubles.ts';
import { drawInput, drawWeights, examples, inputShape } from './networks.ts';

const backends = [
  await createNodeBackend({ name: 'reference' }),
  await createNodeBackend({ name: 'wasm', threads: 2 }),
];
afterAll(() => Promise.all(backends.map((backend) => backend.dispose())));

const label = 3;

/** As a classifier plans them: batches of two pictures and of one, whose feature map is kept. */
function planned(model: Module, input: readonly number[], device: Backend) {
  const network = inferenceNetworkOf(
    model,
    input,
    { name: 'example', options: {} },
    { landmarks: landmarksOf },
  );
  const plan = network.planInference([2, 1], device);
  return { plan, ...planExplanation(plan, device) };
}

/** All that the two programs for explanations compute of a picture. */
async function computed(model: Module, input: Float32Array, backend: Backend) {
  const { plan, map, batch, embedding } = planned(model, inputShape.slice(1), backend);
  if (map === undefined) throw new Error('no feature map');
  const program = await loadWith(backend, plan, model.stateDict());
  try {
    program.write(batch.input, input);
    await program.run(batch.forward);
    const names = [batch.logits, map.activations, ...(embedding === undefined ? [] : [embedding])];
    const [logits, activations, features] = await program.read(names, 'channels_last');
    const parts = map.plan.buffers.filter(({ role }) => role === 'parameter' || role === 'buffer');
    const weights = await program.read(parts.map(({ name }) => name));
    const state = new Map(parts.map(({ name, shape }, index) => [name, f32(shape, weights[index])]));
    const backward = await loadWith(backend, map.plan, state);
    for (const name of map.inputs) backward.write(name, await program.read(name));
    const chosen = new Float32Array(5);
    chosen[label] = 1;
    backward.write(map.logitWeights, chosen);
    await backward.run('gradient');
    const gradient = await backward.read(map.gradient, 'channels_last');
    await backward.dispose();
    return { logits, map, activations, gradient, features: embedding === undefined ? undefined : features };
  } finally {
    await program.dispose();
  }
}

/** The paper's formulas, of numbers in double precision. */
function camOf(activations: Float64Array, weights: Float64Array): Float32Array {
  const channels = weights.length;
  const sums = new Float64Array(activations.length / channels);
  activations.forEach((value, i) => (sums[Math.floor(i / channels)] += weights[i % channels] * value));
  const positive = sums.map((sum) => Math.max(sum, 0));
  const most = Math.max(...positive);
  return Float32Array.from(positive, (sum) => (most > 0 ? sum / most : 0));
}

function distance(actual: Float32Array | undefined, exact: Float64Array): number {
  return relativeDistance(actual ?? new Float32Array(0), Float32Array.from(exact), 1e-4);
}

describe.each(Object.keys(examples))(`a network with %s (CARDINAL_SEED=${seed})`, (name) => {
  const { model, map: path, linear } = examples[name]();
  drawWeights(model, seed);
  const input = drawInput(seed);
  const doubles = new Doubles(model, inputShape, input);
  const expected = doubles.at(path);
  const slopes = doubles.slopesAt(path, label);

  test.each(backends)('is explained as numerical differentiation has it on $name', async (backend) => {
    const { logits, map, activations, gradient, features } = await computed(model, input, backend);
    expect([1, map.channels, map.height, map.width]).toEqual(expected.shape);
    expect(distance(activations, expected.data)).toBeLessThan(1e-5);
    const sums = new Float64Array(map.channels);
    gradient.forEach((value, i) => (sums[i % map.channels] += value));
    expect(distance(Float32Array.from(sums), slopes)).toBeLessThan(1e-5);
    const cam = camOf(expected.data, slopes);
    expect(relativeDistance(gradCam(activations, gradient, map.channels), cam)).toBeLessThan(1e-5);
    expect(distance(logits, doubles.logits)).toBeLessThan(1e-5);
    if (linear === undefined) expect(features).toBeUndefined();
    else expect(distance(features, doubles.readBy(linear))).toBeLessThan(1e-5);
  });
});

test('behind a mean and a linear layer it is the class activation map (Zhou et al. 2016)', async () => {
  const { model, map: path } = examples['a mean and a linear layer']();
  drawWeights(model, seed);
  const input = drawInput(seed);
  const { map, activations, gradient } = await computed(model, input, backends[0]);
  const weight = model.stateDict().get('fc.weight')?.data ?? [];
  const row = Float64Array.from({ length: map.channels }, (_, c) => Number(weight[label * map.channels + c]));
  const cam = camOf(new Doubles(model, inputShape, input).at(path).data, row);
  expect(relativeDistance(gradCam(activations, gradient, map.channels), cam)).toBeLessThan(1e-5);
});

/** [C, H, W] of the last feature map as the papers' tables have it (the review's first stage has a stride), and C = D of the embedding. */
const published: readonly (readonly [string, readonly number[]])[] = [
  ['resnet18', [512, 7, 7]],
  ['resnext50_32x4d', [2048, 7, 7]],
  ['resnext50_32x4d.review', [2048, 4, 4]],
  ['resnet20_cifar', [64, 8, 8]],
  ['resnext29_8x64d_cifar', [1024, 8, 8]],
  ['resnext29_32x4d_cifar.kuangliu', [1024, 8, 8]],
  ['mobilenetv1_100', [1024, 7, 7]],
  ['xception', [2048, 10, 10]],
  ['inception_v4', [1536, 8, 8]],
  ['inception_resnet_v2', [1536, 8, 8]],
];

test.each(published)('the last feature map of %s is %j', (name, shape) => {
  const model = createModel(name);
  const { plan, map, embedding } = planned(model, modelInfo(name).inputShape, backends[1]);
  expect([map?.channels, map?.height, map?.width]).toEqual(shape);
  expect(plan.buffers.find((buffer) => buffer.name === embedding)?.shape).toEqual([1, shape[0]]);
  // Of the weights only those that are behind the map are there twice: those of the classifier.
  const twice = map?.plan.buffers.filter(({ role }) => role === 'parameter' || role === 'buffer') ?? [];
  const classes = plan.buffers.find((buffer) => buffer.name === 'logits')?.shape[1] ?? 0;
  expect(twice.map(({ shape: of }) => sizeOf(of))).toEqual([classes * shape[0]]);
});

test('a network without places has no map, but an embedding', () => {
  const model = new Sequential(new Flatten(), new Linear(768, 4), new Linear(4, 5));
  const { map, embedding, plan } = planned(model, inputShape.slice(1), backends[0]);
  expect(map).toBeUndefined();
  expect(plan.steps.gradient).toEqual([]);
  expect(plan.buffers.find(({ name }) => name === embedding)?.shape).toEqual([1, 4]);
});
