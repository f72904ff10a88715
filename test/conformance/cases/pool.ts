import type { Rng } from '../../../src/base/rng.ts';
import type { PoolOps } from '../../../src/graph/ops/pool.ts';
import type { Pair, PoolAttrs } from '../../../src/graph/op-table.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { coarse, coin, normal, wellSeparated, withNaN, type CasesOf, type GradientCases } from '../case.ts';

interface Geometry {
  readonly attrs: PoolAttrs;
  readonly x: Shape;
  readonly y: Shape;
  readonly note: string;
}

function geometries(rng: Rng): Geometry[] {
  const channels = () => 1 + rng.int(40);
  const geometry = (
    note: string,
    size: Pair,
    kernelSize: Pair,
    stride: Pair,
    padding: Pair = [0, 0],
    ceilMode = false,
  ): Geometry => {
    const x = [1 + rng.int(3), channels(), ...size];
    const attrs = { kernelSize, stride, padding, ceilMode };
    return { attrs, x, y: [x[0], x[1], outputSize(attrs, size, 0), outputSize(attrs, size, 1)], note };
  };
  const random = Array.from({ length: 8 }, () => {
    const kernel: Pair = [1 + rng.int(4), 1 + rng.int(4)];
    const padding: Pair = [rng.int(1 + (kernel[0] >> 1)), rng.int(1 + (kernel[1] >> 1))];
    const size: Pair = [kernel[0] + rng.int(8), kernel[1] + rng.int(8)];
    return geometry('anything', size, kernel, [1 + rng.int(3), 1 + rng.int(3)], padding, coin(rng));
  });
  return [
    geometry('the stem of ResNet', [15, 16], [3, 3], [2, 2], [1, 1]),
    geometry('global', [7, 5], [7, 5], [7, 5]),
    geometry('one pixel', [1, 1], [1, 1], [1, 1]),
    geometry('2×2', [9, 8], [2, 2], [2, 2]),
    geometry('overlapping', [8, 9], [3, 3], [1, 1], [1, 1]),
    geometry('ceil mode', [8, 9], [3, 3], [2, 2], [0, 0], true),
    geometry('ceil mode, padded', [7, 8], [3, 2], [2, 3], [1, 1], true),
    geometry('ceil mode, last window dropped', [6, 6], [2, 2], [3, 3], [1, 1], true),
    geometry('asymmetric', [9, 6], [1, 3], [2, 1], [0, 1]),
    ...random,
  ];
}

function outputSize({ kernelSize, stride, padding, ceilMode }: PoolAttrs, size: Pair, axis: 0 | 1): number {
  const room = size[axis] + 2 * padding[axis] - kernelSize[axis];
  if (!ceilMode) return Math.floor(room / stride[axis]) + 1;
  const output = Math.ceil(room / stride[axis]) + 1;
  return (output - 1) * stride[axis] >= size[axis] + padding[axis] ? output - 1 : output;
}

export const poolCases: CasesOf<PoolOps> = {
  max_pool2d: (rng) => [
    ...geometries(rng).map(({ attrs, x, note }) => ({ attrs, inputs: [normal(rng, x, -2)], note })),
    {
      attrs: { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false },
      inputs: [withNaN(normal(rng, [2, 5, 7, 7]))],
      note: 'NaN stays, as in PyTorch',
    },
  ],

  /** Many equal elements: the first of a window takes the gradient. */
  max_pool2d_backward: (rng) =>
    geometries(rng).map(({ attrs, x, y, note }) => ({
      attrs,
      inputs: [normal(rng, y), coarse(rng, x)],
      note,
    })),

  avg_pool2d: (rng) =>
    geometries(rng).flatMap(({ attrs, x, note }) =>
      [true, false].map((countIncludePad) => ({
        attrs: { ...attrs, countIncludePad },
        inputs: [normal(rng, x, 1)],
        note,
      })),
    ),

  avg_pool2d_backward: (rng) =>
    geometries(rng).flatMap(({ attrs, x, y, note }) =>
      [true, false].map((countIncludePad) => ({
        attrs: { ...attrs, countIncludePad, inputSize: [x[2], x[3]] as const },
        inputs: [normal(rng, y)],
        note,
      })),
    ),
};

const pools: readonly { attrs: PoolAttrs; input: Shape }[] = [
  { attrs: { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false }, input: [2, 3, 4, 6] },
  { attrs: { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false }, input: [1, 2, 5, 6] },
  { attrs: { kernelSize: [3, 2], stride: [2, 3], padding: [1, 1], ceilMode: true }, input: [1, 2, 6, 7] },
  { attrs: { kernelSize: [4, 5], stride: [4, 5], padding: [0, 0], ceilMode: false }, input: [2, 2, 4, 5] },
];

export const poolGradientCases = {
  max_pool2d: (rng) => pools.map(({ attrs, input }) => ({ attrs, inputs: [wellSeparated(rng, input)] })),
  avg_pool2d: (rng) =>
    pools.flatMap(({ attrs, input }) =>
      [true, false].map((countIncludePad) => ({
        attrs: { ...attrs, countIncludePad },
        inputs: [normal(rng, input)],
      })),
    ),
} satisfies GradientCases<PoolOps>;
