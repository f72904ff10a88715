import { expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { Pair, PoolAttrs } from '../../../src/graph/op-table.ts';
import {
  avgPool2d,
  avgPool2dBackward,
  maxPool2d,
  maxPool2dBackward,
} from '../../../src/backends/wasm/lower/pool.ts';
import { maxError, openBench, randomTensor, runBothWays } from './harness.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { seed } from '../../support/seed.ts';

const bench = await openBench();

/** PyTorch's output size: with `ceil_mode` a last window may reach out, if it begins inside the picture or its padding before. */
function outputSize(size: number, kernel: number, stride: number, padding: number, ceil: boolean): number {
  const steps = (size + 2 * padding - kernel) / stride;
  const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (out - 1) * stride >= size + padding ? out - 1 : out;
}

function randomCase(rng: Rng, channels: number) {
  const pair = (low: number, high: number): Pair => [
    low + rng.int(high - low + 1),
    low + rng.int(high - low + 1),
  ];
  const kernelSize = pair(1, 4);
  const padding: Pair = [rng.int((kernelSize[0] >> 1) + 1), rng.int((kernelSize[1] >> 1) + 1)];
  const attrs: PoolAttrs = { kernelSize, padding, stride: pair(1, 3), ceilMode: rng.int(2) === 1 };
  const [H, W] = [kernelSize[0] + rng.int(12), kernelSize[1] + rng.int(12)];
  return makeCase([1 + rng.int(3), channels, H, W], attrs);
}

function makeCase(x: readonly number[], attrs: PoolAttrs) {
  const out = ([0, 1] as const).map((axis) =>
    outputSize(x[2 + axis], attrs.kernelSize[axis], attrs.stride[axis], attrs.padding[axis], attrs.ceilMode),
  );
  return { attrs, x, y: [x[0], x[1], ...out] };
}

type Case = ReturnType<typeof makeCase>;

/** For every output element, the channels-last indices of its window and what an average divides by. */
function windows(
  { attrs, x, y }: Case,
  includePad: boolean,
  visit: (yi: number, inside: number[], divisor: number) => void,
): void {
  const [N, C, H, W] = x;
  const [, , P, Q] = y;
  for (let n = 0; n < N; n++)
    for (let p = 0; p < P; p++)
      for (let q = 0; q < Q; q++) {
        const [top, side] = [p * attrs.stride[0] - attrs.padding[0], q * attrs.stride[1] - attrs.padding[1]];
        const bottom = Math.min(top + attrs.kernelSize[0], H + attrs.padding[0]);
        const right = Math.min(side + attrs.kernelSize[1], W + attrs.padding[1]);
        for (let c = 0; c < C; c++) {
          const inside = [];
          for (let h = Math.max(top, 0); h < Math.min(bottom, H); h++)
            for (let v = Math.max(side, 0); v < Math.min(right, W); v++)
              inside.push(((n * H + h) * W + v) * C + c);
          const divisor = includePad ? (bottom - top) * (right - side) : inside.length;
          visit(((n * P + p) * Q + q) * C + c, inside, divisor);
        }
      }
}

const global = (N: number, C: number, H: number, W: number) =>
  makeCase([N, C, H, W], { kernelSize: [H, W], stride: [H, W], padding: [0, 0], ceilMode: false });

function casesOf(channels: number): Case[] {
  const rng = Rng.of(seed, channels);
  const cases = Array.from({ length: 8 }, () => randomCase(rng, channels));
  // Of several chunks, which share windows.
  const large = makeCase([1, channels, 61, 57], {
    ...{ kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false },
  });
  return [...cases, large, global(2, channels, 7, 7), global(3, channels, 5, 1)];
}

test.each([1, 3, 10, 16, 67, 130])('max pool of %i channels: first largest, NaN wins', (channels) => {
  for (const c of casesOf(channels)) {
    const rng = Rng.of(seed, channels, ...c.x);
    const x = randomTensor(rng, c.x);
    // Few values, so that ties are common, and now and then a NaN or −∞.
    x.data.forEach(
      (_, i) => (x.data[i] = [NaN, -Infinity, 0, 1, 2, 3][rng.int(40) === 0 ? rng.int(2) : 2 + rng.int(4)]),
    );
    const dy = randomTensor(rng, c.y);
    const y = new Float64Array(sizeOf(c.y));
    const dx = new Float64Array(sizeOf(c.x));
    windows(c, false, (yi, inside) => {
      let best = -Infinity;
      let where = inside[0];
      for (const xi of inside) {
        if (x.data[xi] > best || Number.isNaN(x.data[xi])) [best, where] = [x.data[xi], xi];
      }
      y[yi] = best;
      dx[where] += dy.data[yi];
    });
    const label = JSON.stringify(c);
    const forward = { op: 'max_pool2d', attrs: c.attrs, inputs: [x], outputs: [c.y] } as const;
    expect(Float64Array.from(runBothWays(bench, maxPool2d, forward).outputs[0]), label).toEqual(y);
    const backward = { op: 'max_pool2d_backward', attrs: c.attrs, inputs: [dy, x], outputs: [c.x] } as const;
    expect(maxError(runBothWays(bench, maxPool2dBackward, backward).outputs[0], dx), label).toBeLessThan(
      1e-6,
    );
  }
});

test.each([1, 3, 10, 16, 67, 130])('average pool of %i channels', (channels) => {
  for (const c of casesOf(channels)) {
    for (const countIncludePad of [false, true]) {
      const rng = Rng.of(seed, channels, ...c.x);
      const [x, dy] = [randomTensor(rng, c.x), randomTensor(rng, c.y)];
      const y = new Float64Array(sizeOf(c.y));
      const dx = new Float64Array(sizeOf(c.x));
      windows(c, countIncludePad, (yi, inside, divisor) => {
        for (const xi of inside) {
          y[yi] += x.data[xi] / divisor;
          dx[xi] += dy.data[yi] / divisor;
        }
      });
      const label = JSON.stringify(c);
      const attrs = { ...c.attrs, countIncludePad };
      const forward = { op: 'avg_pool2d', attrs, inputs: [x], outputs: [c.y] } as const;
      expect(maxError(runBothWays(bench, avgPool2d, forward).outputs[0], y), label).toBeLessThan(1e-6);
      const backward = {
        op: 'avg_pool2d_backward',
        attrs: { ...attrs, inputSize: [c.x[2], c.x[3]] },
        inputs: [dy],
        outputs: [c.x],
      } as const;
      expect(maxError(runBothWays(bench, avgPool2dBackward, backward).outputs[0], dx), label).toBeLessThan(
        1e-6,
      );
    }
  }
});

test('the mean of one large picture of few channels is shared out', () => {
  const { attrs, x, y } = global(1, 32, 112, 112);
  const place = (shape: readonly number[]) => ({ shape, bytes: 4 * sizeOf(shape), address: 0 });
  const [call] = avgPool2d.calls({
    attrs: { ...attrs, countIncludePad: true },
    ...{ inputs: [place(x)], outputs: [place(y)], workspace: 0, keep: () => undefined },
  });
  expect(call.chunks).toBe(2);
});
