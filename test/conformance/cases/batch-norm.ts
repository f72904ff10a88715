import type { Rng } from '../../../src/base/rng.ts';
import { sizeOf, type Shape } from '../../../src/graph/value.ts';
import { coin, normal, tails, uniform, withNaN, type Cases, type Drawn } from '../case.ts';

/** Channel counts below, at and off multiples of a vector; few and many pixels. */
function pictures(rng: Rng): Shape[] {
  return [
    [4, 2, 1, 2],
    [2, 1, 9, 8],
    [1, 3, 5, 7],
    [2, 4, 3, 3],
    [3, 16, 5, 5],
    [2, 21, 9, 4],
    [4, 130, 2, 3],
    [2, 8, 33, 31],
    [1 + rng.int(4), 1 + rng.int(70), 2 + rng.int(9), 1 + rng.int(9)],
  ];
}

/** A quarter of the standard deviation of a channel's sum of normal numbers. */
function sizeOfSum(shape: Shape): number {
  return Math.sqrt(sizeOf(shape) / shape[1]) / 4;
}

/** γ, β, running mean and running variance. */
function statistics(rng: Rng, channels: number): Drawn[] {
  return [
    normal(rng, [channels], 1, 0.5),
    normal(rng, [channels]),
    normal(rng, [channels]),
    uniform(rng, [channels], 0.5, 2),
  ];
}

/** What `batch_norm` gives: the mean in two floats a channel, and 1/σ. */
function saved(rng: Rng, channels: number, mean: number): Drawn[] {
  const rows = normal(rng, [2, channels], mean, 0.5);
  return [
    { ...rows, data: rows.data.map((value, i) => (i < channels ? value : value * 1e-3)) },
    uniform(rng, [channels], 0.3, 0.6),
  ];
}

export const batchNorm: Cases<'batch_norm'> = (rng) => {
  const attrs = { eps: 1e-5, momentum: 0.1, activation: 'none', residual: false } as const;
  const shapes = pictures(rng);
  return [
    ...shapes.flatMap((shape) =>
      tails.map((tail) => ({
        attrs: { ...attrs, ...tail },
        inputs: [
          normal(rng, shape, 1, 2),
          ...statistics(rng, shape[1]),
          ...(tail.residual ? [normal(rng, shape)] : []),
        ],
      })),
    ),
    {
      attrs: { ...attrs, eps: 1e-3, momentum: 1 },
      inputs: [normal(rng, [3, 5, 4, 4]), ...statistics(rng, 5)],
      note: 'momentum 1, eps 1e-3',
    },
    {
      attrs,
      inputs: [normal(rng, [2, 6, 20, 20], 100, 1), ...statistics(rng, 6)],
      note: 'mean far from 0: E[x²] − E[x]² would fail',
    },
    {
      attrs: { ...attrs, activation: 'relu' },
      inputs: [normal(rng, [3, 70, 11, 13], -1000, 1), ...statistics(rng, 70)],
      note: 'mean a thousand deviations from 0: as f32 it is off by 3e-5 of them',
    },
    {
      attrs: { ...attrs, activation: 'relu' },
      inputs: [withNaN(normal(rng, [2, 5, 3, 3])), ...statistics(rng, 5)],
      note: 'NaN stays',
    },
  ];
};

export const batchNormRecompute: Cases<'batch_norm_recompute'> = (rng) =>
  pictures(rng).flatMap((shape) =>
    tails.map((tail) => ({
      attrs: tail,
      inputs: [
        normal(rng, shape, 1, 2),
        ...statistics(rng, shape[1]).slice(0, 2),
        ...saved(rng, shape[1], 1),
        ...(tail.residual ? [normal(rng, shape)] : []),
      ],
    })),
  );

export const batchNormInference: Cases<'batch_norm_inference'> = (rng) =>
  pictures(rng).flatMap((shape) =>
    tails.map((tail) => ({
      attrs: { eps: 1e-5, ...tail },
      inputs: [
        normal(rng, shape, 1, 2),
        ...statistics(rng, shape[1]),
        ...(tail.residual ? [normal(rng, shape)] : []),
      ],
    })),
  );

export const batchNormBackward: Cases<'batch_norm_backward'> = (rng) =>
  pictures(rng).flatMap((shape) =>
    tails.map((tail) => {
      const channels = [shape[1]];
      return {
        attrs: tail,
        inputs: [
          normal(rng, shape, 0.3),
          normal(rng, shape, 1, 2),
          normal(rng, channels),
          ...saved(rng, shape[1], 1),
          ...(tail.activation === 'none' ? [] : [normal(rng, shape)]),
        ],
        // dγ and dβ.
        sizes: [undefined, sizeOfSum(shape), sizeOfSum(shape)],
      };
    }),
  );

export const batchNormInferenceBackward: Cases<'batch_norm_inference_backward'> = (rng) => [
  ...pictures(rng).flatMap((shape) =>
    tails.map((tail) => ({
      attrs: { eps: coin(rng) ? 1e-5 : 1e-3, ...tail },
      inputs: [
        normal(rng, shape, 0.3),
        normal(rng, [shape[1]]),
        uniform(rng, [shape[1]], 0.1, 2),
        ...(tail.activation === 'none' ? [] : [normal(rng, shape)]),
      ],
    })),
  ),
  ...[true, false].map((relu) => ({
    attrs: { eps: 1e-5, activation: relu ? ('relu' as const) : ('none' as const), residual: relu },
    inputs: [
      withNaN(normal(rng, [2, 5, 3, 3])),
      normal(rng, [5]),
      uniform(rng, [5], 0.1, 2),
      ...(relu ? [uniform(rng, [2, 5, 3, 3], 1, 2)] : []),
    ],
    note: 'NaN stays',
  })),
];

export const foldBatchNorm: Cases<'fold_batch_norm'> = (rng) =>
  [
    [1, 1, 1, 1],
    [16, 8, 1, 1],
    [13, 4, 3, 3],
    [7, 3, 7, 7],
  ].flatMap((shape) =>
    [true, false].map((bias) => ({
      attrs: { eps: coin(rng) ? 1e-5 : 1e-3, bias },
      inputs: [normal(rng, shape), ...(bias ? [normal(rng, [shape[0]])] : []), ...statistics(rng, shape[0])],
    })),
  );

export const channelSum: Cases<'channel_sum'> = (rng) =>
  [...pictures(rng), [1, 10], [7, 33]].map((shape) => ({
    attrs: {},
    inputs: [normal(rng, shape, 0.3)],
    sizes: [sizeOfSum(shape)],
  }));
