import { expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from '../../../src/backends/wasm/lower/loss.ts';
import { accumulate, adamw, ema, sgd } from '../../../src/backends/wasm/lower/optimiser.ts';
import { gradientNorm } from '../../../src/backends/wasm/lower/reduce.ts';
import { maxError, openBench, randomTensor, runBothWays } from './harness.ts';
import { seed } from '../../support/seed.ts';

const bench = await openBench();
const scalars = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

test.each([
  [1, 2, 1],
  [7, 10, 5],
  [64, 1000, 30],
  [3, 5, 2000],
])('softmax cross-entropy of %i rows of %i logits up to %d', (N, K, size) => {
  for (const labelSmoothing of [0, 0.125]) {
    const rng = Rng.of(seed, N, K);
    const [logits, target] = [randomTensor(rng, [N, K]), randomTensor(rng, [N, K])];
    logits.data.forEach((v, i) => (logits.data[i] = v * size));
    // Rows that do not sum to 1: a padded batch has rows of zeros.
    target.data.forEach((v, i) => (target.data[i] = Math.floor(i / K) === 2 ? 0 : Math.abs(v)));
    const dloss = 0.37;
    let loss = 0;
    // The largest term of an element of the gradient, a difference that may cancel.
    let term = 0;
    const gradient = new Float64Array(N * K);
    for (let n = 0; n < N; n++) {
      const row = Array.from(logits.data.subarray(n * K, (n + 1) * K));
      const t = Array.from(
        target.data.subarray(n * K, (n + 1) * K),
        (v) => (1 - labelSmoothing) * v + labelSmoothing / K,
      );
      const most = Math.max(...row);
      const sum = row.reduce((s, v) => s + Math.exp(v - most), 0);
      const total = t.reduce((s, v) => s + v, 0);
      row.forEach((v, k) => {
        term = Math.max(term, (dloss / N) * t[k]);
        loss -= (t[k] * (v - most - Math.log(sum))) / N;
        gradient[n * K + k] = (Math.fround(dloss) / N) * ((Math.exp(v - most) / sum) * total - t[k]);
      });
    }
    const forward = {
      op: 'softmax_cross_entropy',
      attrs: { labelSmoothing },
      inputs: [logits, target],
      outputs: [[1]],
    } as const;
    const { outputs } = runBothWays(bench, softmaxCrossEntropy, forward);
    expect(Math.abs(outputs[0][0] - loss)).toBeLessThan(1e-6 * Math.abs(loss) + 1e-7);
    const backward = runBothWays(bench, softmaxCrossEntropyBackward, {
      op: 'softmax_cross_entropy_backward',
      attrs: { labelSmoothing },
      inputs: [logits, target, scalars(dloss)],
      outputs: [[N, K]],
    });
    expect(maxError(backward.outputs[0], gradient, term)).toBeLessThan(2e-7);
  }
});

test('a logit of NaN makes the loss NaN', () => {
  const forward = {
    op: 'softmax_cross_entropy',
    attrs: { labelSmoothing: 0 },
    inputs: [
      { shape: [1, 3], data: Float32Array.of(1, NaN, 2) },
      { shape: [1, 3], data: Float32Array.of(1, 0, 0) },
    ],
    outputs: [[1]],
  } as const;
  expect(runBothWays(bench, softmaxCrossEntropy, forward).outputs[0][0]).toBeNaN();
});

const sizes = [1, 6, 1000, 100_003];
const flags = [false, true];

test.each(sizes)('SGD of %i parameters', (size) => {
  const rng = Rng.of(seed, size);
  for (const momentum of flags)
    for (const nesterov of flags)
      for (const decay of flags)
        for (const clip of flags) {
          const [p, g, v] = [0, 1, 2].map(() => randomTensor(rng, [size]));
          const [lr, mu, wd, coefficient] = [0.1, 0.9, 0.01, 0.6];
          const velocity = Float64Array.from(v.data);
          const parameter = p.data.map((value, i) => {
            let step = (clip ? coefficient : 1) * g.data[i] + (decay ? wd * value : 0);
            if (momentum) {
              velocity[i] = mu * velocity[i] + step;
              step = nesterov ? step + mu * velocity[i] : velocity[i];
            }
            return value - lr * step;
          });
          const result = runBothWays(bench, sgd, {
            op: 'sgd',
            attrs: { momentum, nesterov, decay, clip },
            inputs: [
              p,
              g,
              ...(momentum ? [v] : []),
              scalars(lr, mu, wd),
              ...(clip ? [scalars(coefficient)] : []),
            ],
            outputs: [],
          });
          expect(maxError(result.inputs[0], parameter)).toBeLessThan(1e-5);
          expect(result.inputs[1]).toEqual(g.data);
          if (momentum) expect(maxError(result.inputs[2], velocity)).toBeLessThan(1e-5);
        }
});

test.each(sizes)('AdamW of %i parameters', (size) => {
  const rng = Rng.of(seed, size);
  for (const decay of flags)
    for (const clip of flags) {
      const [p, g, m, v] = [0, 1, 2, 3].map(() => randomTensor(rng, [size]));
      v.data.forEach((value, i) => (v.data[i] = Math.abs(value)));
      const [lr, b1, b2, eps, wd, coefficient] = [0.1, 0.9, 0.999, 1e-8, 0.01, 0.6];
      const [c1, c2] = [1 - b1 ** 3, 1 - b2 ** 3];
      const first = m.data.map((value, i) => b1 * value + (1 - b1) * (clip ? coefficient : 1) * g.data[i]);
      const second = v.data.map(
        (value, i) => b2 * value + (1 - b2) * ((clip ? coefficient : 1) * g.data[i]) ** 2,
      );
      const parameter = p.data.map(
        (value, i) =>
          value * (decay ? 1 - lr * wd : 1) -
          (lr * (first[i] / c1)) / (Math.sqrt(second[i]) / Math.sqrt(c2) + eps),
      );
      const result = runBothWays(bench, adamw, {
        op: 'adamw',
        attrs: { decay, clip },
        inputs: [
          ...[p, g, m, v],
          scalars(lr / c1, lr * wd, eps, 1 / Math.sqrt(c2), b1, 1 - b1, b2, 1 - b2),
          ...(clip ? [scalars(coefficient)] : []),
        ],
        outputs: [],
      });
      expect(maxError(result.inputs[0], parameter)).toBeLessThan(1e-5);
      expect(maxError(result.inputs[2], first)).toBeLessThan(1e-6);
      expect(maxError(result.inputs[3], second)).toBeLessThan(1e-6);
    }
});

test.each(sizes)('accumulation and moving average of %i floats', (size) => {
  const rng = Rng.of(seed, size);
  const [a, b] = [randomTensor(rng, [size]), randomTensor(rng, [size])];
  const added = runBothWays(bench, accumulate, {
    op: 'accumulate',
    attrs: {},
    inputs: [a, b, scalars(0.5)],
    outputs: [],
  });
  expect(
    maxError(
      added.inputs[0],
      a.data.map((v, i) => 0.5 * v + b.data[i]),
    ),
  ).toBeLessThan(1e-6);
  const averaged = runBothWays(bench, ema, {
    op: 'ema',
    attrs: {},
    inputs: [a, b, scalars(0.9, 0.1)],
    outputs: [],
  });
  expect(
    maxError(
      averaged.inputs[0],
      a.data.map((v, i) => 0.9 * v + 0.1 * b.data[i]),
    ),
  ).toBeLessThan(1e-6);
  a.data.fill(NaN);
  const begun = runBothWays(bench, accumulate, {
    op: 'accumulate',
    attrs: {},
    inputs: [a, b, scalars(0)],
    outputs: [],
  });
  expect(begun.inputs[0]).toEqual(b.data);
});

test('the gradient norm over tensors of many sizes, clipped and not', () => {
  const rng = Rng.of(seed, 'norm');
  const gradients = [1, 5, 40_000, 32_768, 3, 100_001].map((size) => randomTensor(rng, [size]));
  const norm = Math.sqrt(gradients.reduce((s, { data }) => data.reduce((t, v) => t + v * v, s), 0));
  for (const maxNorm of [norm / 3, norm * 2]) {
    const { outputs } = runBothWays(bench, gradientNorm, {
      op: 'gradient_norm',
      attrs: {},
      inputs: [...gradients, scalars(maxNorm)],
      outputs: [[1], [1]],
    });
    expect(outputs[0][0]).toBe(Math.fround(norm));
    expect(outputs[1][0]).toBeCloseTo(Math.min(1, maxNorm / (norm + 1e-6)), 6);
  }
});
