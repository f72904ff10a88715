import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Drawn } from '../conformance/case.ts';
import { runOp } from '../conformance/single-op.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';

/*
 * Batch norm where the mean is far from 0. The yardsticks are what PyTorch 1.13 has on such numbers: the least of its largest
 * errors over five seeds, `torch.nn.functional.batch_norm` in single precision against double.
 */
const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

const eps = 1e-5;
const momentum = 0.1;
const shape = [3, 16, 33, 17];
const channels = shape[1];
const size = shape.reduce((product, n) => product * n, 1);
const count = size / channels;

const full = (value: number): Drawn => ({ shape: [channels], data: new Float32Array(channels).fill(value) });
const drawn = (rng: Rng, mean: number, deviation: number): Drawn => ({
  shape,
  data: Float32Array.from({ length: size }, () => mean + deviation * rng.normal()),
});

/** By channel, in doubles; elements in PyTorch's order, as a program takes and gives them. */
function truthOf({ data }: Drawn) {
  const channelOf = (i: number) => Math.floor(i / (shape[2] * shape[3])) % channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  data.forEach((value, i) => (mean[channelOf(i)] += value / count));
  data.forEach((value, i) => (variance[channelOf(i)] += (value - mean[channelOf(i)]) ** 2 / count));
  const invstd = variance.map((value) => 1 / Math.sqrt(value + eps));
  const normal = Float64Array.from(data, (value, i) => (value - mean[channelOf(i)]) * invstd[channelOf(i)]);
  return { channelOf, mean, variance, invstd, normal };
}

function largest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(actual[i] - value)), 0);
}

/** The root of the mean square of what is wrong: from seed to seed it varies by less than half, the largest by two and a half. */
function typical(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const squares = Array.from(expected).reduce((sum, value, i) => sum + (actual[i] - value) ** 2, 0);
  return Math.sqrt(squares / expected.length);
}

const train = (backend: Backend, x: Drawn) =>
  runOp(backend, 'batch_norm', {
    attrs: { eps, momentum, activation: 'none', residual: false },
    inputs: [x, full(1), full(0), full(0), full(1)],
  });

describe.each(kinds)('on $name', ({ backends: [backend] }) => {
  test('what is constant gives 0 and leaves its value as the mean (in PyTorch |y| is up to 4e-4)', async () => {
    for (const value of [12.345, -1e6, 1e-3, 0.1, 3e30]) {
      const x: Drawn = { shape, data: new Float32Array(size).fill(value) };
      const { outputs, inputs } = await train(backend, x);
      expect(largest(outputs[0], new Float64Array(size)), `${value}`).toBeLessThan(1e-8 * Math.abs(value));
      const tracked = full(Math.fround(value) * momentum).data;
      expect(largest(inputs[3], tracked)).toBeLessThanOrEqual(1e-7 * Math.abs(value));
      if (Math.abs(value) < 1e9) expect(largest(inputs[4], full(1 - momentum).data)).toBeLessThan(1e-7);
    }
  });

  test.each([
    [1000, 1, '4e-5'],
    [-1e5, 1, '5e-3'],
    [12.345, 1e-3, '2e-4'],
    [1, 1e3, '3e-7'],
  ])(
    `mean %d, deviation %d: roundings of y alone (in PyTorch %s; CARDINAL_SEED=${seed})`,
    async (mean, deviation) => {
      const rng = Rng.of(seed, mean, deviation);
      const x = drawn(rng, mean, deviation);
      const truth = truthOf(x);
      const { outputs, inputs } = await train(backend, x);
      // Normalised numbers go up to 5, where an f32 is a multiple of 5e-7. They share what is wrong with their channel's deviation, which
      // sums of squares in f32 have: over the channels it scatters, so the typical error is held tightly and the largest not.
      expect(typical(outputs[0], truth.normal)).toBeLessThan(4e-7);
      expect(largest(outputs[0], truth.normal)).toBeLessThan(4e-6);
      const kept = Array.from(truth.mean, (_, c) => outputs[1][c] + outputs[1][channels + c]);
      expect(largest(kept, truth.mean)).toBeLessThan(1e-6 * deviation);
      const relative = (actual: ArrayLike<number>, expected: Float64Array) =>
        typical(
          Array.from(expected, (value, c) => actual[c] / value),
          new Float64Array(channels).fill(1),
        );
      expect(relative(outputs[2], truth.invstd)).toBeLessThan(4e-7);
      const tracks = truth.mean.map((value) => momentum * value);
      expect(largest(inputs[3], tracks)).toBeLessThan(1e-7 * (Math.abs(mean) + deviation));
      const tracked = truth.variance.map((value) => 1 - momentum + (momentum * value * count) / (count - 1));
      expect(relative(inputs[4], tracked)).toBeLessThan(8e-7);

      const dy = drawn(rng, 0.3, 1);
      const back = await runOp(backend, 'batch_norm_backward', {
        attrs: { activation: 'none', residual: false },
        inputs: [
          dy,
          x,
          full(1),
          { shape: [2, channels], data: outputs[1] },
          { shape: [channels], data: outputs[2] },
        ],
      });
      const { channelOf, normal, invstd } = truth;
      const [slopes, sums] = [new Float64Array(channels), new Float64Array(channels)];
      dy.data.forEach((value, i) => {
        slopes[channelOf(i)] += value * normal[i];
        sums[channelOf(i)] += value;
      });
      const dx = Float64Array.from(dy.data, (value, i) => {
        const c = channelOf(i);
        return invstd[c] * (value - sums[c] / count - (normal[i] * slopes[c]) / count);
      });
      expect(typical(back.outputs[0], dx)).toBeLessThan(4e-7 * Math.max(...invstd));
      expect(largest(back.outputs[0], dx)).toBeLessThan(4e-6 * Math.max(...invstd));
      // Sums of `count` numbers of size 1.
      expect(largest(back.outputs[1], slopes)).toBeLessThan(1e-6 * count);
      expect(largest(back.outputs[2], sums)).toBeLessThan(1e-6 * count);

      const again = await runOp(backend, 'batch_norm_recompute', {
        attrs: { activation: 'none', residual: false },
        inputs: [
          x,
          full(1),
          full(0),
          { shape: [2, channels], data: outputs[1] },
          { shape: [channels], data: outputs[2] },
        ],
      });
      expect(again.outputs[0]).toEqual(outputs[0]);
    },
  );

  test(`running statistics normalise as exactly, in a convolution too (CARDINAL_SEED=${seed})`, async () => {
    const rng = Rng.of(seed, 'inference');
    const x = drawn(rng, 1000, 1);
    const statistics = [full(1.7), full(0.25), full(1000.1), full(0.8)];
    const factor = Math.fround(1.7) / Math.sqrt(Math.fround(0.8) + eps);
    const expected = Float64Array.from(x.data, (v) => (v - Math.fround(1000.1)) * factor + 0.25);
    const { outputs } = await runOp(backend, 'batch_norm_inference', {
      attrs: { eps, activation: 'none', residual: false },
      inputs: [x, ...statistics],
    });
    expect(largest(outputs[0], expected)).toBeLessThan(2e-6);

    // Each output is one input times one weight of about 1: what is lost is what folding loses, at a mean of 1000.
    const weight: Drawn = {
      shape: [channels, 1, 1, 1],
      data: Float32Array.from({ length: channels }, () => rng.uniform(0.9, 1.1)),
    };
    const fold = { eps, bias: false };
    const folded = await runOp(backend, 'fold_batch_norm', { attrs: fold, inputs: [weight, ...statistics] });
    const [w, b] = folded.outputs;
    const mean = Math.fround(1000.1);
    weight.data.forEach((value, c) => {
      // The input that the channel's mean comes from, normalised.
      const input = mean / value;
      expect(Math.abs(input * w[c] + b[c] - 0.25)).toBeLessThan(2 ** -24 * 1000 * factor * 2);
    });
  });
});
