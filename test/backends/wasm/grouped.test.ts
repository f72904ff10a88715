import { expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { activated, type Activation } from '../../../src/graph/activation.ts';
import type { Conv2dAttrs, Pair } from '../../../src/graph/op-table.ts';
import { conv2dGroupedBackwardWeight } from '../../../src/backends/wasm/lower/conv2d-grouped-gradient.ts';
import {
  conv2dGrouped,
  conv2dGroupedBackwardInput,
} from '../../../src/backends/wasm/lower/conv2d-grouped.ts';
import { maxError, openBench, randomTensor, runBothWays } from './harness.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { seed } from '../../support/seed.ts';

const bench = await openBench();

interface Case {
  readonly attrs: Conv2dAttrs;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

/** Calls `visit` with the flat channels-last indices of every product y += x·w. */
function products({ attrs, x, w, y }: Case, visit: (yi: number, xi: number, wi: number) => void): void {
  const [N, K, P, Q] = y;
  const [, C, H, W] = x;
  const [, D, R, S] = w;
  const { stride, padding, dilation, groups } = attrs;
  for (let n = 0; n < N; n++)
    for (let p = 0; p < P; p++)
      for (let q = 0; q < Q; q++)
        for (let r = 0; r < R; r++) {
          const h = p * stride[0] - padding[0] + r * dilation[0];
          if (h < 0 || h >= H) continue;
          for (let s = 0; s < S; s++) {
            const v = q * stride[1] - padding[1] + s * dilation[1];
            if (v < 0 || v >= W) continue;
            for (let k = 0; k < K; k++) {
              const first = Math.floor(k / (K / groups)) * D;
              for (let c = 0; c < D; c++)
                visit(
                  ((n * P + p) * Q + q) * K + k,
                  ((n * H + h) * W + v) * C + first + c,
                  ((k * R + r) * S + s) * D + c,
                );
            }
          }
        }
}

function randomCase(rng: Rng, cg: number, kg: number): Case {
  const pair = (low: number, high: number): Pair => [
    low + rng.int(high - low + 1),
    low + rng.int(high - low + 1),
  ];
  const groups = 2 + rng.int(7);
  const kernel = pair(1, 4);
  const attrs = { groups, stride: pair(1, 3), padding: pair(0, 4), dilation: pair(1, 2) };
  const size = ([0, 1] as const).map((axis) => {
    const span = (kernel[axis] - 1) * attrs.dilation[axis] + 1;
    return Math.max(1, span - 2 * attrs.padding[axis]) + rng.int(20);
  });
  const out = ([0, 1] as const).map((axis) => {
    const span = (kernel[axis] - 1) * attrs.dilation[axis] + 1;
    return Math.floor((size[axis] + 2 * attrs.padding[axis] - span) / attrs.stride[axis]) + 1;
  });
  const N = 1 + rng.int(2);
  return {
    attrs,
    x: [N, groups * cg, ...size],
    w: [groups * kg, cg, ...kernel],
    y: [N, groups * kg, ...out],
  };
}

const activations: readonly Activation[] = ['none', 'relu', 'relu6'];

const widths = [
  ...[4, 8, 16, 32].map((width) => [width, width]),
  ...[
    [4, 12],
    [12, 4],
    [8, 20],
    [28, 8],
    [20, 24],
    [32, 4],
  ],
  ...[1, 2, 3, 5, 16].map((multiplier) => [1, multiplier]),
];

test.each(widths)('%i → %i channels a group', (cg, kg) => {
  const rng = Rng.of(seed, cg, kg);
  for (let round = 0; round < 6; round++) {
    const c = randomCase(rng, cg, kg);
    const label = JSON.stringify(c);
    const [x, w, dy] = [c.x, c.w, c.y].map((shape) => randomTensor(rng, shape));
    // Sums of a size that ReLU6 cuts off.
    const size = 18 / Math.sqrt(sizeOf(c.w.slice(1)));
    x.data.forEach((value, i) => (x.data[i] = size * value));

    const [bias, residual] = [rng.int(2) === 1, rng.int(2) === 1];
    const activation = activations[round % 3];
    const b = randomTensor(rng, [c.y[1]]);
    const beside = randomTensor(rng, c.y);
    const y = new Float64Array(sizeOf(c.y));
    products(c, (yi, xi, wi) => (y[yi] += x.data[xi] * w.data[wi]));
    y.forEach((_, i) => {
      if (bias) y[i] += b.data[i % c.y[1]];
      if (residual) y[i] += beside.data[i];
      y[i] = activated(activation, y[i]);
    });
    const forward = {
      op: 'conv2d',
      attrs: { ...c.attrs, bias, residual, activation },
      inputs: [x, w, ...(bias ? [b] : []), ...(residual ? [beside] : [])],
      outputs: [c.y],
    } as const;
    const result = runBothWays(bench, conv2dGrouped, forward);
    expect(maxError(result.outputs[0], y), label).toBeLessThan(1e-5);

    const dx = new Float64Array(sizeOf(c.x));
    products(c, (yi, xi, wi) => (dx[xi] += dy.data[yi] * w.data[wi]));
    const backward = {
      op: 'conv2d_backward_input',
      attrs: { ...c.attrs, inputSize: [c.x[2], c.x[3]], residual: false },
      inputs: [dy, w],
      outputs: [c.x],
    } as const;
    const gradient = runBothWays(bench, conv2dGroupedBackwardInput, backward);
    expect(maxError(gradient.outputs[0], dx), label).toBeLessThan(1e-5);

    const dw = new Float64Array(sizeOf(c.w));
    products(c, (yi, xi, wi) => (dw[wi] += dy.data[yi] * x.data[xi]));
    const weight = {
      op: 'conv2d_backward_weight',
      attrs: { ...c.attrs, kernelSize: [c.w[2], c.w[3]] },
      inputs: [dy, x],
      outputs: [c.w],
    } as const;
    const slope = runBothWays(bench, conv2dGroupedBackwardWeight, weight);
    expect(maxError(slope.outputs[0], dw), label).toBeLessThan(1e-5);
  }
});
