import type { Rng } from '../../../src/base/rng.ts';
import type { Activation } from '../../../src/graph/activation.ts';
import type { BatchNormOps } from '../../../src/graph/ops/batch-norm.ts';
import {
  coin,
  normal,
  tails,
  tailsByResult,
  tailsOfNorms,
  uniform,
  vector,
  withNaN,
  type CasesOf,
  type Drawn,
  type GradientCases,
} from '../case.ts';
import { pictures, sizeOfSum } from './channel-sum.ts';

/** A case whose outputs have the size of γ·x̂ and β as a rule: either may cancel the other, or an activation cut off what they leave. */
function sized<C extends { readonly inputs: readonly Drawn[] }>(one: C) {
  const [, gamma, beta] = one.inputs;
  const squares = [...gamma.data, ...beta.data].reduce((sum, value) => sum + value * value, 0);
  return { ...one, sizes: [Math.sqrt(squares / gamma.data.length)] };
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
export function saved(rng: Rng, channels: number, mean: number): Drawn[] {
  const rows = normal(rng, [2, channels], mean, 0.5);
  return [
    { ...rows, data: rows.data.map((value, i) => (i < channels ? value : value * 1e-3)) },
    uniform(rng, [channels], 0.3, 0.6),
  ];
}

export const batchNormCases: CasesOf<BatchNormOps> = {
  batch_norm: (rng) => {
    const attrs = { eps: 1e-5, momentum: 0.1, activation: 'none', residual: false } as const;
    const shapes = pictures(rng);
    return [
      ...shapes.flatMap((shape) =>
        tails.map((tail) =>
          sized({
            attrs: { ...attrs, ...tail },
            inputs: [
              normal(rng, shape, 1, 2),
              ...statistics(rng, shape[1]),
              ...(tail.residual ? [normal(rng, shape)] : []),
            ],
          }),
        ),
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
  },

  batch_norm_recompute: (rng) =>
    pictures(rng).flatMap((shape) =>
      tails.map((tail) =>
        sized({
          attrs: tail,
          inputs: [
            normal(rng, shape, 1, 2),
            ...statistics(rng, shape[1]).slice(0, 2),
            ...saved(rng, shape[1], 1),
            ...(tail.residual ? [normal(rng, shape)] : []),
          ],
        }),
      ),
    ),

  batch_norm_inference: (rng) =>
    pictures(rng).flatMap((shape) =>
      tails.map((tail) =>
        sized({
          attrs: { eps: 1e-5, ...tail },
          inputs: [
            normal(rng, shape, 1, 2),
            ...statistics(rng, shape[1]),
            ...(tail.residual ? [normal(rng, shape)] : []),
          ],
        }),
      ),
    ),

  batch_norm_backward: (rng) =>
    pictures(rng).flatMap((shape) =>
      tailsByResult.map((tail) => {
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
    ),

  batch_norm_inference_backward: (rng) => [
    ...pictures(rng).flatMap((shape) =>
      tailsByResult.map((tail) => ({
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
  ],

  fold_batch_norm: (rng) =>
    [
      [1, 1, 1, 1],
      [16, 8, 1, 1],
      [13, 4, 3, 3],
      [7, 3, 7, 7],
    ].flatMap((shape) =>
      [true, false].map((bias) => ({
        attrs: { eps: coin(rng) ? 1e-5 : 1e-3, bias },
        inputs: [
          normal(rng, shape),
          ...(bias ? [normal(rng, [shape[0]])] : []),
          ...statistics(rng, shape[0]),
        ],
      })),
    ),
};

/**
 * γ within `range` and β of two channels. With normalised values below 4 and a residual below 1, β decides what the activation lets
 * through, and no value comes near a kink: relu6 passes what lies between 0 and 6, so γ is small there.
 */
function decided(rng: Rng, activation: Activation, [low, high]: readonly [number, number]): Drawn[] {
  if (activation === 'none') return [uniform(rng, [2], low, high), normal(rng, [2])];
  if (activation === 'relu6') return [uniform(rng, [2], low / 5, high / 5), vector(3, 9)];
  if (activation.startsWith('hard')) return [uniform(rng, [2], low / 5, high / 5), vector(0, 6)];
  return [uniform(rng, [2], low, high), vector(8, -8)];
}

export const batchNormGradientCases = {
  batch_norm: (rng) =>
    tailsOfNorms.map(({ activation, residual }) => ({
      attrs: { eps: 1e-3, momentum: 0.1, activation, residual },
      inputs: [
        // Four pictures of 2×2: normalised values are below √15.
        normal(rng, [4, 2, 2, 2], 1, 2),
        ...decided(rng, activation, [0.5, 1.5]),
        normal(rng, [2]),
        uniform(rng, [2], 0.5, 2),
        ...(residual ? [uniform(rng, [4, 2, 2, 2], -1, 1)] : []),
      ],
    })),
  batch_norm_inference: (rng) =>
    tailsByResult.map(({ activation, residual }) => ({
      attrs: { eps: 1e-3, activation, residual },
      inputs: [
        // Normalised values are below 2.5/√0.5.
        uniform(rng, [2, 2, 2, 3], -1.5, 1.5),
        ...decided(rng, activation, [-1.5, 1.5]),
        uniform(rng, [2], -1, 1),
        uniform(rng, [2], 0.5, 2),
        ...(residual ? [uniform(rng, [2, 2, 2, 3], -1, 1)] : []),
      ],
    })),
} satisfies GradientCases<BatchNormOps>;
