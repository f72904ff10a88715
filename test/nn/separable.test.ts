import { afterAll, describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { countSeparable, separableRatio } from '../../src/cost/separable-cost.ts';
import {
  Conv2d,
  DepthwiseConv2d,
  Flatten,
  PointwiseConv2d,
  SeparableConv2d,
  Sequential,
  trace,
  type Module,
} from '../../src/nn/index.ts';
import { summary } from '../../src/cost/summary.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';
import { noise } from '../support/onnx-networks.ts';

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

const [N, C, H, W] = [2, 6, 9, 8];
const strides = [1, 2];

/**
 * The definition: one channel after the other with its own filter. Visits the indices of every x·w that goes into a y, all
 * three in PyTorch's order.
 */
function forEachProduct(stride: number, visit: (x: number, w: number, y: number) => void): number {
  const [P, Q] = [H, W].map((size) => Math.floor((size - 1) / stride) + 1);
  let y = 0;
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++)
      for (let p = 0; p < P; p++)
        for (let q = 0; q < Q; q++, y++)
          for (let r = 0; r < 3; r++)
            for (let s = 0; s < 3; s++) {
              const [h, v] = [p * stride + r - 1, q * stride + s - 1];
              if (h < 0 || h >= H || v < 0 || v >= W) continue;
              visit(((n * C + c) * H + h) * W + v, (c * 3 + r) * 3 + s, y);
            }
  return y;
}

/** d(mean cross-entropy)/d(logits) = (softmax − one-hot)/N. */
function lossGradient(logits: Float32Array, targets: readonly number[]): Float32Array {
  const classes = logits.length / N;
  return Float32Array.from(logits, (_, i) => {
    const row = Math.floor(i / classes);
    const exponentials = logits.subarray(row * classes, (row + 1) * classes).map(Math.exp);
    const probability = exponentials[i % classes] / exponentials.reduce((sum, value) => sum + value, 0);
    return (probability - (i % classes === targets[row] ? 1 : 0)) / N;
  });
}

describe.each(kinds)('on $name', ({ backends }) => {
  const backend = backends[1] ?? backends[0];

  test.each(strides)('cardinality = channels is the depthwise convolution, stride %d', async (stride) => {
    const weights = noise(C * 9, Rng.of(seed, 'weights', stride));
    const input = noise(N * C * H * W, Rng.of(seed, 'input', stride));
    const target = [3, 17];
    const run = async (layer: Conv2d) => {
      layer.weight.data = weights.slice();
      const model = new Sequential(layer, new Flatten());
      return computeGradients(model, { input: { data: input, shape: [N, C, H, W] }, target, backend });
    };
    const options = { stride, padding: 1, bias: false };
    const grouped = await run(new Conv2d(C, C, 3, { ...options, groups: C }));
    const depthwise = await run(new DepthwiseConv2d(C, 3, options));
    expect(depthwise).toEqual(grouped);

    const y = new Float32Array(depthwise.logits.data.length);
    const dw = new Float32Array(weights.length);
    const size = forEachProduct(stride, (xi, wi, yi) => (y[yi] += input[xi] * weights[wi]));
    expect(size).toBe(y.length);
    expect(relativeDistance(depthwise.logits.data, y)).toBeLessThan(1e-6);
    const dy = lossGradient(y, target);
    forEachProduct(stride, (xi, wi, yi) => (dw[wi] += dy[yi] * input[xi]));
    const gradient = depthwise.gradients.get('0.weight')?.data;
    expect(gradient instanceof Float32Array && relativeDistance(gradient, dw)).toBeLessThan(1e-5);
  });
});

test('names and shapes are those of a PyTorch user', () => {
  const layer = new SeparableConv2d(8, 20, 3, { stride: 2, padding: 1, depthMultiplier: 2 });
  expect(layer.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([
    ['depthwise.weight', [16, 1, 3, 3]],
    ['depthwise.bias', [16]],
    ['pointwise.weight', [20, 16, 1, 1]],
    ['pointwise.bias', [20]],
  ]);
  expect(trace(layer, [1, 8, 9, 9], { training: false }).output.shape).toEqual([1, 20, 5, 5]);
  const plain: Module = new SeparableConv2d(8, 20, 3, { bias: false });
  expect(plain.namedParameters().map(([name]) => name)).toEqual(['depthwise.weight', 'pointwise.weight']);
  expect(new PointwiseConv2d(8, 20, { bias: false }).weight.shape).toEqual([20, 8, 1, 1]);
  const listing = String(summary(layer, { inputSize: [1, 8, 9, 9] }));
  expect(listing).toContain('DepthwiseConv2d');
  expect(listing).toContain('PointwiseConv2d');
});

test('a multiplier must be a number of filters', () => {
  const attempt = () => new DepthwiseConv2d(8, 3, { depthMultiplier: 0 });
  expect(attempt).toThrow(CardinalError);
  expect(attempt).toThrow(/expected depthMultiplier to be a whole number of at least 1, got 0/);
});

describe('what a separable convolution costs', () => {
  // Howard et al. 2017, section 3.1: K²·M·F² + M·N·F² against K²·M·N·F².
  test.each([
    [512, 512, 3, 14],
    [64, 128, 3, 56],
    [24, 96, 5, 28],
    [256, 10, 7, 8],
  ])('M = %d, N = %d, K = %d, F = %d', (inChannels, outChannels, kernelSize, size) => {
    const cost = countSeparable({ inChannels, outChannels, kernelSize, size });
    expect(cost.standard).toBe(kernelSize ** 2 * inChannels * outChannels * size ** 2);
    expect(cost.depthwise).toBe(kernelSize ** 2 * inChannels * size ** 2);
    expect(cost.pointwise).toBe(inChannels * outChannels * size ** 2);
    expect(cost.ratio).toBeCloseTo(separableRatio(outChannels, kernelSize), 12);
  });

  test('the ratio holds with a stride as well: all three are per output pixel', () => {
    const cost = countSeparable({ inChannels: 32, outChannels: 64, kernelSize: 3, stride: 2, size: 28 });
    expect(cost.standard).toBe(9 * 32 * 64 * 14 ** 2);
    expect(cost.ratio).toBeCloseTo(1 / 64 + 1 / 9, 12);
  });

  test('a 3×3 for many channels costs an eighth to a ninth, as the paper says', () => {
    expect(1 / separableRatio(512, 3)).toBeGreaterThan(8);
    expect(1 / separableRatio(512, 3)).toBeLessThan(9);
    expect(sizeOf(new DepthwiseConv2d(512, 3).weight.shape)).toBe(512 * 9);
  });
});
