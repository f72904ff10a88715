import { expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { Activation } from '../../../src/graph/activation.ts';
import {
  batchNorm,
  batchNormBackward,
  batchNormInference,
  batchNormInferenceBackward,
  foldBatchNorm,
} from '../../../src/backends/wasm/lower/batch-norm.ts';
import { channelSum } from '../../../src/backends/wasm/lower/reduce.ts';
import { maxError, openBench, randomTensor, runBothWays } from './harness.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { seed } from '../../support/seed.ts';

const bench = await openBench();
const eps = 1e-5;
const momentum = 0.1;

/** N, C, H, W: odd channel counts, several tiles of rows, several tiles of channels. */
const shapes = [
  [2, 3, 5, 7],
  [3, 10, 1, 1],
  [2, 16, 3, 3],
  [1, 1, 4, 4],
  [5, 14, 29, 31],
  [2, 64, 40, 33],
  [3, 300, 13, 9],
  [2, 1030, 7, 7],
];
const fused = (['none', 'relu', 'relu6'] as const).flatMap((activation) =>
  [false, true].map((residual) => [activation, residual] as const),
);

function activated(activation: Activation, v: number): number {
  if (activation === 'none') return v;
  return Math.min(Math.max(v, 0), activation === 'relu6' ? 6 : Infinity);
}

/** dy where an activation lets it through. */
function through(activation: Activation, dy: number, y: number): number {
  const open = activation === 'none' || (y > 0 && (activation === 'relu' || y < 6));
  return open ? dy : 0;
}

function setup(shape: readonly number[]) {
  const rng = Rng.of(seed, ...shape);
  const channels = shape[1];
  const x = randomTensor(rng, shape);
  // Two values of each channel stand apart: values that happen to agree leave f32 no digits (see the test of those).
  for (let c = 0; c < channels; c++) [x.data[c], x.data[channels + c]] = [-1, 1];
  // Far from zero, where Σx² − (Σx)² would lose every digit of the variance.
  x.data.forEach((value, i) => (x.data[i] = value * (1 + (i % channels)) + 30 * (i % channels)));
  const [gamma, beta, mean, variance] = [0, 1, 2, 3].map(() => randomTensor(rng, [channels]));
  // So that some of the first channel are above 6.
  beta.data[0] += 5;
  variance.data.forEach((value, i) => (variance.data[i] = Math.abs(value) + 0.1));
  return { rng, channels, m: sizeOf(shape) / channels, x, gamma, beta, mean, variance };
}

function statistics(x: Float32Array, channels: number): { mean: Float64Array; variance: Float64Array } {
  const m = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.forEach((value, i) => (mean[i % channels] += value / m));
  x.forEach((value, i) => (variance[i % channels] += (value - mean[i % channels]) ** 2 / m));
  return { mean, variance };
}

test.each(shapes)('batch norm of %i×%i×%i×%i, forward and backward', (...shape) => {
  for (const [activation, residual] of fused) {
    const isActivated = activation !== 'none';
    const { rng, channels, m, x, gamma, beta, mean, variance } = setup(shape);
    const beside = randomTensor(rng, shape);
    const truth = statistics(x.data, channels);
    const invstd = truth.variance.map((v) => 1 / Math.sqrt(v + eps));
    const normal = Float64Array.from(x.data, (v, i) => (v - truth.mean[i % channels]) * invstd[i % channels]);
    const y = normal.map((v, i) => {
      const sum = v * gamma.data[i % channels] + beta.data[i % channels] + (residual ? beside.data[i] : 0);
      return activated(activation, sum);
    });
    const result = runBothWays(bench, batchNorm, {
      op: 'batch_norm',
      attrs: { eps, momentum, activation, residual },
      inputs: [x, gamma, beta, mean, variance, ...(residual ? [beside] : [])],
      outputs: [shape, [2, channels], [channels]],
    });
    expect(maxError(result.outputs[0], y)).toBeLessThan(2e-6);
    const whole = truth.mean.map((_, c) => result.outputs[1][c] + result.outputs[1][channels + c]);
    expect(maxError(whole, truth.mean)).toBeLessThan(1e-7);
    expect(maxError(result.outputs[2], invstd)).toBeLessThan(1e-6);
    const running = mean.data.map((v, c) => 0.9 * v + 0.1 * truth.mean[c]);
    const tracked = variance.data.map((v, c) => 0.9 * v + (0.1 * truth.variance[c] * m) / (m - 1));
    expect(maxError(result.inputs[3], running)).toBeLessThan(1e-6);
    expect(maxError(result.inputs[4], tracked)).toBeLessThan(1e-6);

    const dy = randomTensor(rng, shape);
    const dz = Float64Array.from(dy.data, (v, i) => through(activation, v, result.outputs[0][i]));
    const dbeta = new Float64Array(channels);
    const dgamma = new Float64Array(channels);
    dz.forEach((v, i) => {
      dbeta[i % channels] += v;
      dgamma[i % channels] += v * normal[i];
    });
    const dx = dz.map((v, i) => {
      const c = i % channels;
      return gamma.data[c] * invstd[c] * (v - dbeta[c] / m - (normal[i] * dgamma[c]) / m);
    });
    const gradients = runBothWays(bench, batchNormBackward, {
      op: 'batch_norm_backward',
      attrs: { activation, residual },
      inputs: [
        ...[dy, x, gamma],
        { shape: [2, channels], data: result.outputs[1] },
        { shape: [channels], data: result.outputs[2] },
        ...(isActivated ? [{ shape, data: result.outputs[0] }] : []),
      ],
      outputs: [shape, [channels], [channels], ...(isActivated && residual ? [shape] : [])],
    });
    expect(maxError(gradients.outputs[0], dx)).toBeLessThan(1e-5);
    expect(maxError(gradients.outputs[1], dgamma)).toBeLessThan(1e-5);
    expect(maxError(gradients.outputs[2], dbeta)).toBeLessThan(1e-5);
    if (isActivated && residual) expect(maxError(gradients.outputs[3], dz)).toBe(0);
  }
});

test('batch norm of values that nearly agree is off by some roundings of what it gives, wherever their mean is', () => {
  const shape = [3, 10, 1, 1];
  for (const spread of [1, 1e-1, 1e-2, 1e-3, 0]) {
    const rng = Rng.of(seed, 'agree', spread);
    const [gamma, beta, mean, variance] = [0, 1, 2, 3].map(() => randomTensor(rng, [10]));
    const x = randomTensor(rng, shape);
    x.data.forEach((value, i) => (x.data[i] = value * spread + 30 * (i % 10)));
    const truth = statistics(x.data, 10);
    const { outputs } = runBothWays(bench, batchNorm, {
      op: 'batch_norm',
      attrs: { eps, momentum, activation: 'none', residual: false },
      inputs: [x, gamma, beta, mean, variance],
      outputs: [shape, [2, 10], [10]],
    });
    x.data.forEach((value, i) => {
      const c = i % 10;
      const invstd = 1 / Math.sqrt(truth.variance[c] + eps);
      const y = (value - truth.mean[c]) * invstd * gamma.data[c] + beta.data[c];
      // The scale, the shift and y are rounded, and 1/σ is: of numbers of this size.
      const size = Math.abs((value - truth.mean[c]) * invstd * gamma.data[c]) + Math.abs(beta.data[c]);
      expect(Math.abs(outputs[0][i] - y), `spread ${spread}`).toBeLessThan(8 * 2 ** -24 * size);
    });
  }
});

test.each(shapes)('batch norm of %i×%i×%i×%i with running statistics', (...shape) => {
  for (const [activation, residual] of fused) {
    const isActivated = activation !== 'none';
    const { rng, channels, gamma, beta, mean, variance } = setup(shape);
    const [x, beside] = [randomTensor(rng, shape), randomTensor(rng, shape)];
    const y = Float64Array.from(x.data, (v, i) => {
      const c = i % channels;
      const normal = (v - mean.data[c]) / Math.sqrt(variance.data[c] + eps);
      const sum = normal * gamma.data[c] + beta.data[c] + (residual ? beside.data[i] : 0);
      return activated(activation, sum);
    });
    const result = runBothWays(bench, batchNormInference, {
      op: 'batch_norm_inference',
      attrs: { eps, activation, residual },
      inputs: [x, gamma, beta, mean, variance, ...(residual ? [beside] : [])],
      outputs: [shape],
    });
    expect(maxError(result.outputs[0], y)).toBeLessThan(1e-6);

    const dy = randomTensor(rng, shape);
    const dz = dy.data.map((v, i) => through(activation, v, result.outputs[0][i]));
    const dx = Float64Array.from(dz, (v, i) => {
      const c = i % channels;
      return (gamma.data[c] / Math.sqrt(variance.data[c] + eps)) * v;
    });
    const gradients = runBothWays(bench, batchNormInferenceBackward, {
      op: 'batch_norm_inference_backward',
      attrs: { eps, activation, residual },
      inputs: [dy, gamma, variance, ...(isActivated ? [{ shape, data: result.outputs[0] }] : [])],
      outputs: [shape, ...(isActivated && residual ? [shape] : [])],
    });
    expect(maxError(gradients.outputs[0], dx)).toBeLessThan(1e-6);
    if (isActivated && residual) expect(maxError(gradients.outputs[1], dz)).toBe(0);
  }
});

test('NaN passes through batch norm and its ReLU', () => {
  const shape = [1, 5, 1, 2];
  const ones = { shape: [5], data: new Float32Array(5).fill(1) };
  const x = { shape, data: Float32Array.from({ length: 10 }, (_, i) => (i === 2 || i === 9 ? NaN : -1)) };
  const result = runBothWays(bench, batchNormInference, {
    op: 'batch_norm_inference',
    attrs: { eps, activation: 'relu', residual: false },
    inputs: [x, ones, { shape: [5], data: new Float32Array(5) }, ones, ones],
    outputs: [shape],
  });
  expect(result.outputs[0].map((v) => (Number.isNaN(v) ? 1 : v))).toEqual(
    Float32Array.from(x.data, (v) => (Number.isNaN(v) ? 1 : 0)),
  );
});

test.each([
  [[5, 3, 1, 1], true],
  [[70, 32, 3, 3], false],
  [[33, 7, 5, 1], true],
])('fold batch norm into %j, bias %s', (shape, bias) => {
  const rng = Rng.of(seed, ...shape);
  const filters = shape[0];
  const w = randomTensor(rng, shape);
  const [b, gamma, beta, mean, variance] = [0, 1, 2, 3, 4].map(() => randomTensor(rng, [filters]));
  // So that some of the first channel are above 6.
  beta.data[0] += 5;
  variance.data.forEach((value, i) => (variance.data[i] = Math.abs(value) + 0.1));
  const scale = gamma.data.map((v, k) => v / Math.sqrt(variance.data[k] + eps));
  const result = runBothWays(bench, foldBatchNorm, {
    op: 'fold_batch_norm',
    attrs: { eps, bias },
    inputs: [w, ...(bias ? [b] : []), gamma, beta, mean, variance],
    outputs: [shape, [filters]],
  });
  const size = sizeOf(shape) / filters;
  const folded = w.data.map((v, i) => v * scale[Math.floor(i / size)]);
  const shift = beta.data.map((v, k) => ((bias ? b.data[k] : 0) - mean.data[k]) * scale[k] + v);
  expect(maxError(result.outputs[0], folded)).toBeLessThan(1e-6);
  expect(maxError(result.outputs[1], shift)).toBeLessThan(1e-6);
});

test.each([...shapes, [7, 13], [600, 100], [1, 3]])('channel sum of %j', (...shape) => {
  const x = randomTensor(Rng.of(seed, ...shape), shape);
  const sums = new Float64Array(shape[1]);
  x.data.forEach((v, i) => (sums[i % shape[1]] += v));
  const result = runBothWays(bench, channelSum, {
    op: 'channel_sum',
    attrs: {},
    inputs: [x],
    outputs: [[shape[1]]],
  });
  expect(maxError(result.outputs[0], sums)).toBeLessThan(1e-5);
});
