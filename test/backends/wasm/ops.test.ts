import { expect, test } from 'vitest';
import { mix, Rng } from '../../../src/base/rng.ts';
import {
  add,
  dropout,
  relu,
  relu6,
  relu6Backward,
  reluBackward,
  scale,
} from '../../../src/backends/wasm/lower/elementwise.ts';
import {
  concat,
  flatten,
  flattenBackward,
  padChannels,
  sliceChannels,
  subsample,
  subsampleBackward,
} from '../../../src/backends/wasm/lower/layout.ts';
import { openBench, randomTensor, runBothWays } from './harness.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { seed } from '../../support/seed.ts';

const bench = await openBench();
const shapes = [
  [1, 3, 1, 1],
  [2, 5, 3, 7],
  [3, 16, 9, 4],
  [2, 70, 31, 17],
  [5, 13],
  [3, 40000],
];

/** The stored (channels-last) index of element (n, c, h, w). */
function stored([, C, H, W]: readonly number[], n: number, c: number, h: number, w: number): number {
  return ((n * H + h) * W + w) * C + c;
}

/** Every (n, c, h, w) of a shape, in PyTorch's order. */
function* elements([N, C, H, W]: readonly number[]): Generator<[number, number, number, number]> {
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++) for (let h = 0; h < H; h++) for (let w = 0; w < W; w++) yield [n, c, h, w];
}

test.each(shapes)('ReLU, its gradient and addition of %j', (...shape) => {
  const rng = Rng.of(seed, ...shape);
  const [a, b] = [randomTensor(rng, shape), randomTensor(rng, shape)];
  [0, a.data.length - 1].forEach((i) => (a.data[i] = NaN));
  const positive = (v: number) => (v < 0 ? 0 : v);
  const unary = runBothWays(bench, relu, { op: 'relu', attrs: {}, inputs: [a], outputs: [shape] });
  expect(unary.outputs[0]).toEqual(a.data.map(positive));
  const backward = runBothWays(bench, reluBackward, {
    op: 'relu_backward',
    attrs: {},
    inputs: [b, a],
    outputs: [shape],
  });
  expect(backward.outputs[0]).toEqual(b.data.map((v, i) => (a.data[i] > 0 ? v : 0)));
  // Some sums are above 6.
  b.data = b.data.map((v) => 6 * v);
  for (const activation of ['none', 'relu', 'relu6'] as const) {
    const sum = runBothWays(bench, add, {
      op: 'add',
      attrs: { activation },
      inputs: [a, b],
      outputs: [shape],
    });
    const limit = activation === 'relu6' ? 6 : Infinity;
    expect(sum.outputs[0]).toEqual(
      a.data.map((v, i) => {
        const plain = Math.fround(v + b.data[i]);
        return activation === 'none' ? plain : Math.min(positive(plain), limit);
      }),
    );
  }
});

test.each(shapes)('ReLU6, its gradient and scaling of %j', (...shape) => {
  const rng = Rng.of(seed, 'relu6', ...shape);
  const [x, dy] = [randomTensor(rng, shape), randomTensor(rng, shape)];
  x.data = x.data.map((v) => 6 * v);
  [0, x.data.length - 1].forEach((i) => (x.data[i] = NaN));
  const run = { inputs: [x], outputs: [shape] };
  const y = runBothWays(bench, relu6, { op: 'relu6', attrs: {}, ...run }).outputs[0];
  expect(y).toEqual(x.data.map((v) => (v < 0 ? 0 : v > 6 ? 6 : v)));
  const backward = runBothWays(bench, relu6Backward, {
    op: 'relu6_backward',
    attrs: {},
    inputs: [dy, { shape, data: y }],
    outputs: [shape],
  });
  expect(backward.outputs[0]).toEqual(dy.data.map((v, i) => (y[i] > 0 && y[i] < 6 ? v : 0)));
  const scaled = runBothWays(bench, scale, { op: 'scale', attrs: { factor: 0.17 }, ...run });
  expect(scaled.outputs[0]).toEqual(x.data.map((v) => v * Math.fround(0.17)));
});

test.each([0, 0.25, 0.5, 1])('dropout with p = %d keeps what the hash says', (p) => {
  for (const shape of shapes) {
    const rng = Rng.of(seed, ...shape);
    const x = randomTensor(rng, shape);
    const step = rng.int(2 ** 24);
    const stream = rng.uint32();
    const y = new Float32Array(x.data.length);
    const size = shape.length === 4 ? shape : [...shape, 1, 1];
    let i = 0;
    for (const [n, c, h, w] of elements(size)) {
      const at = stored(size, n, c, h, w);
      if (mix(mix(step ^ stream) + i++) >= p * 2 ** 32) y[at] = x.data[at] * Math.fround(1 / (1 - p));
    }
    const result = runBothWays(bench, dropout, {
      op: 'dropout',
      attrs: { p, stream, offset: 0 },
      inputs: [x, { shape: [1], data: Float32Array.of(step) }],
      outputs: [shape],
    });
    expect(result.outputs[0].every((v, j) => v === y[j])).toBe(true);
  }
});

test('concat and its gradient, slices; padding with channels', () => {
  const rng = Rng.of(seed, 'concat');
  for (const widths of [
    [3, 5],
    [16, 1, 7],
    [64, 32, 96, 20],
  ]) {
    const parts = widths.map((width) => randomTensor(rng, [2, width, 5, 9]));
    const total = widths.reduce((a, b) => a + b);
    const whole = [2, total, 5, 9];
    const joined = runBothWays(bench, concat, { op: 'concat', attrs: {}, inputs: parts, outputs: [whole] });
    const expected = new Float32Array(sizeOf(whole));
    for (let pixel = 0; pixel < 90; pixel++) {
      const runs = parts.map(({ data, shape }) => [
        ...data.subarray(pixel * shape[1], (pixel + 1) * shape[1]),
      ]);
      expected.set(runs.flat(), pixel * total);
    }
    expect(joined.outputs[0]).toEqual(expected);
    let start = 0;
    for (const part of parts) {
      const slice = runBothWays(bench, sliceChannels, {
        op: 'slice_channels',
        attrs: { start, length: part.shape[1] },
        inputs: [{ shape: whole, data: joined.outputs[0] }],
        outputs: [part.shape],
      });
      expect(slice.outputs[0]).toEqual(part.data);
      start += part.shape[1];
    }
    for (const [before, after] of [
      [0, 4],
      [3, 0],
      [5, 6],
    ]) {
      const shape = [2, before + widths[0] + after, 5, 9];
      const padded = runBothWays(bench, padChannels, {
        op: 'pad_channels',
        attrs: { before, after },
        inputs: [parts[0]],
        outputs: [shape],
      });
      const zeros = new Float32Array(sizeOf(shape));
      for (let pixel = 0; pixel < 90; pixel++) {
        zeros.set(
          parts[0].data.subarray(pixel * widths[0], (pixel + 1) * widths[0]),
          pixel * shape[1] + before,
        );
      }
      expect(padded.outputs[0]).toEqual(zeros);
    }
  }
});

test('subsample and its gradient', () => {
  const rng = Rng.of(seed, 'subsample');
  for (const [N, C, H, W, stride] of [
    [2, 3, 7, 8, 2],
    [1, 16, 9, 9, 3],
    [2, 21, 4, 5, 1],
    [1, 5, 1, 6, 4],
  ]) {
    const shape = [N, C, H, W];
    const taken = [N, C, Math.ceil(H / stride), Math.ceil(W / stride)];
    const [x, dy] = [randomTensor(rng, shape), randomTensor(rng, taken)];
    const y = new Float32Array(sizeOf(taken));
    const dx = new Float32Array(sizeOf(shape));
    for (const [n, c, p, q] of elements(taken)) {
      y[stored(taken, n, c, p, q)] = x.data[stored(shape, n, c, p * stride, q * stride)];
      dx[stored(shape, n, c, p * stride, q * stride)] = dy.data[stored(taken, n, c, p, q)];
    }
    const forward = { op: 'subsample', attrs: { stride }, inputs: [x], outputs: [taken] } as const;
    expect(runBothWays(bench, subsample, forward).outputs[0]).toEqual(y);
    const backward = runBothWays(bench, subsampleBackward, {
      op: 'subsample_backward',
      attrs: { stride, inputSize: [H, W] },
      inputs: [dy],
      outputs: [shape],
    });
    expect(backward.outputs[0]).toEqual(dx);
  }
});

test.each(shapes)('flatten %j and back', (...shape) => {
  const x = randomTensor(Rng.of(seed, ...shape), shape);
  const flat = [shape[0], sizeOf(shape) / shape[0]];
  const expected =
    shape.length === 4
      ? Float32Array.from(elements(shape), ([n, c, h, w]) => x.data[stored(shape, n, c, h, w)])
      : x.data;
  const result = runBothWays(bench, flatten, { op: 'flatten', attrs: {}, inputs: [x], outputs: [flat] });
  expect(result.outputs[0]).toEqual(expected);
  const back = runBothWays(bench, flattenBackward, {
    op: 'flatten_backward',
    attrs: { size: shape },
    inputs: [{ shape: flat, data: expected }],
    outputs: [shape],
  });
  expect(back.outputs[0]).toEqual(x.data);
});
