import type { Rng } from '../../src/base/rng.ts';
import type { Conv2dAttrs, OpName, Pair, PoolAttrs } from '../../src/graph/op-table.ts';
import { sizeOf, type Shape } from '../../src/graph/value.ts';
import { normal, tails, uniform, vector, type Cases, type Drawn } from './case.ts';

const square = (n: number): Pair => [n, n];

/**
 * Small cases for numerical differentiation. Where an op has a kink (ReLU, max pooling), inputs keep away from it by
 * more than the step of the difference.
 */
export const gradientCases = {
  conv2d: (rng) => {
    const geometry = (
      input: Shape,
      weight: Shape,
      output: Shape,
      attrs: Conv2dAttrs,
    ): ReturnType<Cases<'conv2d'>> =>
      [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ].map(([bias, residual]) => ({
        attrs: { ...attrs, bias, residual, activation: 'none' },
        inputs: [
          normal(rng, input),
          normal(rng, weight),
          ...(bias ? [normal(rng, [weight[0]])] : []),
          ...(residual ? [normal(rng, output)] : []),
        ],
      }));
    const plain = { stride: square(1), padding: square(1), dilation: square(1), groups: 1 };
    const rectified = { ...plain, groups: 2, bias: true, residual: true, activation: 'relu' } as const;
    return [
      ...geometry([2, 2, 3, 4], [3, 2, 3, 3], [2, 3, 3, 4], plain),
      ...geometry([1, 4, 5, 4], [4, 2, 3, 3], [1, 4, 3, 2], { ...plain, stride: square(2), groups: 2 }),
      ...geometry([1, 3, 5, 5], [6, 1, 2, 3], [1, 6, 4, 2], {
        stride: [1, 2],
        padding: [0, 1],
        dilation: [1, 2],
        groups: 3,
      }),
      {
        attrs: rectified,
        inputs: [
          // 18 products below 0.01, a bias below 0.1 and a residual of at least 1 in size: no sign changes.
          uniform(rng, [1, 4, 3, 3], -0.1, 0.1),
          uniform(rng, [2, 2, 3, 3], -0.1, 0.1),
          uniform(rng, [2], -0.1, 0.1),
          awayFromZero(rng, [1, 2, 3, 3]),
        ],
        note: 'with ReLU',
      },
    ];
  },
  batch_norm: (rng) =>
    tails.map(({ activation, residual }) => ({
      attrs: { eps: 1e-3, momentum: 0.1, activation, residual },
      inputs: [
        // Four pictures of 2×2: normalised values are below √15, so that β of ±8 decides what ReLU lets through.
        normal(rng, [4, 2, 2, 2], 1, 2),
        uniform(rng, [2], 0.5, 1.5),
        activation === 'none' ? normal(rng, [2]) : vector(8, -8),
        normal(rng, [2]),
        uniform(rng, [2], 0.5, 2),
        ...(residual ? [uniform(rng, [4, 2, 2, 2], -1, 1)] : []),
      ],
    })),
  batch_norm_inference: (rng) =>
    tails.map(({ activation, residual }) => ({
      attrs: { eps: 1e-3, activation, residual },
      inputs: [
        // |γ·x̂| stays below 1.5·2.5/√0.5 and the residual below 1, so that β of ±8 decides what ReLU lets through.
        uniform(rng, [2, 2, 2, 3], -1.5, 1.5),
        uniform(rng, [2], -1.5, 1.5),
        activation === 'none' ? normal(rng, [2]) : vector(8, -8),
        uniform(rng, [2], -1, 1),
        uniform(rng, [2], 0.5, 2),
        ...(residual ? [uniform(rng, [2, 2, 2, 3], -1, 1)] : []),
      ],
    })),
  relu: (rng) => [{ attrs: {}, inputs: [awayFromZero(rng, [2, 3, 2, 2])] }],
  relu6: (rng) => [
    { attrs: {}, inputs: [awayFromZero(rng, [2, 3, 2, 2])], note: 'around 0' },
    { attrs: {}, inputs: [sixAway(rng, [2, 3, 2, 2])], note: 'around 6' },
  ],
  scale: (rng) => [{ attrs: { factor: 0.3 }, inputs: [normal(rng, [2, 3, 2, 2])] }],
  add: (rng) => [
    { attrs: { activation: 'none' }, inputs: [normal(rng, [2, 3, 2, 2]), normal(rng, [2, 3, 2, 2])] },
    {
      attrs: { activation: 'relu' },
      inputs: [awayFromZero(rng, [2, 3, 2, 2]), uniform(rng, [2, 3, 2, 2], -0.5, 0.5)],
    },
  ],
  max_pool2d: (rng) => pools.map(({ attrs, input }) => ({ attrs, inputs: [wellSeparated(rng, input)] })),
  avg_pool2d: (rng) =>
    pools.flatMap(({ attrs, input }) =>
      [true, false].map((countIncludePad) => ({
        attrs: { ...attrs, countIncludePad },
        inputs: [normal(rng, input)],
      })),
    ),
  adaptive_max_pool2d: (rng) =>
    [[3, 3] as const, [4, 5] as const].map((outputSize) => ({
      attrs: { outputSize },
      inputs: [wellSeparated(rng, [1, 2, 4, 7])],
    })),
  adaptive_avg_pool2d: (rng) =>
    [[3, 3] as const, [4, 5] as const, [6, 2] as const].map((outputSize) => ({
      attrs: { outputSize },
      inputs: [normal(rng, [2, 2, 4, 7])],
    })),
  pad2d: (rng) => [{ attrs: { padding: [1, 0, 2, 1] }, inputs: [normal(rng, [2, 3, 2, 3])] }],
  crop2d: (rng) => [{ attrs: { padding: [1, 0, 2, 1] }, inputs: [normal(rng, [2, 3, 3, 5])] }],
  concat: (rng) => [
    { attrs: {}, inputs: [normal(rng, [2, 3, 2, 2]), normal(rng, [2, 1, 2, 2]), normal(rng, [2, 2, 2, 2])] },
  ],
  slice_channels: (rng) => [{ attrs: { start: 1, length: 2 }, inputs: [normal(rng, [2, 5, 2, 2])] }],
  pad_channels: (rng) => [{ attrs: { before: 1, after: 2 }, inputs: [normal(rng, [2, 3, 2, 2])] }],
  subsample: (rng) => [
    { attrs: { stride: 2 }, inputs: [normal(rng, [2, 3, 5, 4])] },
    { attrs: { stride: 3 }, inputs: [normal(rng, [1, 2, 4, 4])] },
  ],
  flatten: (rng) => [
    { attrs: {}, inputs: [normal(rng, [2, 3, 2, 2])] },
    { attrs: {}, inputs: [normal(rng, [2, 3])] },
  ],
  linear: (rng) =>
    [true, false].map((bias) => ({
      attrs: { bias },
      inputs: [normal(rng, [3, 4]), normal(rng, [5, 4]), ...(bias ? [normal(rng, [5])] : [])],
    })),
  dropout: (rng) => [
    {
      attrs: { p: 0.4, stream: rng.uint32() | 0 },
      inputs: [normal(rng, [2, 3, 4, 4]), vector(rng.int(2 ** 24))],
    },
  ],
  softmax_cross_entropy: (rng) =>
    [0, 0.1].map((labelSmoothing) => ({
      attrs: { labelSmoothing },
      inputs: [normal(rng, [4, 5]), probabilities(rng, 4, 5)],
    })),
} satisfies { [K in OpName]?: Cases<K> };

const pools: readonly { attrs: PoolAttrs; input: Shape }[] = [
  { attrs: { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false }, input: [2, 3, 4, 6] },
  { attrs: { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false }, input: [1, 2, 5, 6] },
  { attrs: { kernelSize: [3, 2], stride: [2, 3], padding: [1, 1], ceilMode: true }, input: [1, 2, 6, 7] },
  { attrs: { kernelSize: [4, 5], stride: [4, 5], padding: [0, 0], ceilMode: false }, input: [2, 2, 4, 5] },
];

/** Numbers of either sign, between 1 and 2 in size. */
function awayFromZero(rng: Rng, shape: Shape): Drawn {
  const { data } = uniform(rng, shape, 1, 2);
  return { shape, data: data.map((value) => (rng.int(2) === 0 ? value : -value)) };
}

/** Numbers on either side of 6, between 1 and 2 away from it. */
function sixAway(rng: Rng, shape: Shape): Drawn {
  const { data } = awayFromZero(rng, shape);
  return { shape, data: data.map((value) => 6 + value) };
}

/** Numbers 0.1 apart, in random order. */
function wellSeparated(rng: Rng, shape: Shape): Drawn {
  const order = rng.permutation(sizeOf(shape));
  return { shape, data: Float32Array.from(order, (rank) => 0.1 * rank - 1) };
}

function probabilities(rng: Rng, n: number, k: number): Drawn {
  const { data } = uniform(rng, [n, k], 0, 1);
  for (let row = 0; row < n; row++) {
    const total = data.subarray(row * k, (row + 1) * k).reduce((a, b) => a + b, 0);
    for (let i = row * k; i < (row + 1) * k; i++) data[i] /= total;
  }
  return { shape: [n, k], data };
}
