import type { BroadcastOps } from '../../../src/graph/ops/broadcast.ts';
import type { Shape } from '../../../src/graph/value.ts';
import type { Rng } from '../../../src/base/rng.ts';
import {
  fusedByResult,
  elementwiseShapes,
  normal,
  tailsByResult,
  uniform,
  withNaN,
  type Case,
  type CasesOf,
  type GradientCases,
} from '../case.ts';

/** a and b: a gate of channels, a scale of channels, a gate of places, one number, the same shape, and whatever else broadcasts. */
const pairs: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 8, 5, 7],
    [2, 8, 1, 1],
  ],
  [
    [3, 5, 4, 4],
    [3, 5, 1, 1],
  ],
  [
    [1, 1100, 6, 6],
    [1, 1100, 1, 1],
  ],
  [
    [2, 16, 30, 41],
    [1, 16, 1, 1],
  ],
  [
    [2, 16, 9, 5],
    [2, 1, 9, 5],
  ],
  [
    [1, 3, 100, 130],
    [1, 1, 1, 1],
  ],
  [
    [3, 4, 5, 6],
    [1, 4, 1, 6],
  ],
  [
    [5, 11],
    [1, 11],
  ],
  [
    [2, 3, 4, 2, 5],
    [1, 3, 1, 2, 1],
  ],
  [
    [3, 7, 2, 3],
    [3, 7, 2, 3],
  ],
];

/** Those, the other way round as well, and outer products. */
const all: readonly (readonly [Shape, Shape])[] = [
  ...pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]),
  [
    [2, 6, 1, 1],
    [2, 1, 3, 5],
  ],
  [
    [4, 1],
    [1, 7],
  ],
];

const plain = (rng: Rng) => all.map(([a, b]) => ({ attrs: {}, inputs: [normal(rng, a), normal(rng, b)] }));

/** Differences need a b that stays away from 0. */
const away = (rng: Rng, shape: Shape) => uniform(rng, shape, 1, 2);

const small: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3, 2, 2],
    [2, 3, 1, 1],
  ],
  [
    [1, 3, 1, 1],
    [2, 3, 2, 2],
  ],
  [
    [2, 3, 2, 2],
    [1, 1, 2, 1],
  ],
  [
    [2, 3, 1, 1],
    [2, 1, 2, 2],
  ],
  [
    [3, 4],
    [3, 4],
  ],
];

export const broadcastCases: CasesOf<BroadcastOps> = {
  mul: (rng) =>
    all.flatMap(([a, b], index) =>
      // Every tail, of a few shapes.
      (index < 4 ? tailsByResult : tailsByResult.slice(0, 1)).map(({ activation, residual }) => ({
        attrs: { activation, residual },
        inputs: [
          activation === 'none' ? normal(rng, a) : withNaN(normal(rng, a)),
          normal(rng, b),
          ...(residual
            ? [
                normal(
                  rng,
                  a.map((size, axis) => Math.max(size, b[axis])),
                ),
              ]
            : []),
        ],
      })),
    ),

  mul_backward: (rng) =>
    pairs.flatMap(([a, b], index) =>
      (index < 6 ? tailsByResult : tailsByResult.slice(0, 1)).map(
        ({ activation, residual }): Case<'mul_backward'> => ({
          attrs: { activation, residual },
          inputs: [
            normal(rng, a),
            normal(rng, a),
            normal(rng, b),
            ...(activation === 'none' ? [] : [uniform(rng, a, -4, 8)]),
          ],
          sizes: [
            undefined,
            Math.sqrt(a.reduce((product, size, axis) => product * (size / b[axis]), 1)),
            undefined,
          ],
        }),
      ),
    ),

  div: (rng) => all.map(([a, b]) => ({ attrs: {}, inputs: [normal(rng, a), away(rng, b)] })),
  sub: plain,
  add_broadcast: plain,
  add_scalar: (rng) =>
    elementwiseShapes(rng).map((shape) => ({ attrs: { value: 2.5 }, inputs: [normal(rng, shape)] })),
};

export const broadcastGradientCases = {
  mul: (rng) => [
    ...small.map(([a, b]): Case<'mul'> => ({
      attrs: { activation: 'none', residual: false },
      inputs: [normal(rng, a), normal(rng, b)],
    })),
    ...fusedByResult.flatMap((activation): Case<'mul'>[] => [
      // Beside a product of at most 1/4, the residual decides on which side of 0 and of 6 the sum is.
      {
        attrs: { activation, residual: true },
        inputs: [
          uniform(rng, [2, 3, 2, 2], -0.5, 0.5),
          uniform(rng, [2, 3, 1, 1], -0.5, 0.5),
          uniform(rng, [2, 3, 2, 2], 1, 4),
        ],
      },
      {
        attrs: { activation, residual: false },
        inputs: [uniform(rng, [2, 3, 2, 2], 0.5, 1), uniform(rng, [1, 3, 1, 1], 1, 2)],
      },
    ]),
  ],
  div: (rng) => small.map(([a, b]) => ({ attrs: {}, inputs: [normal(rng, a), away(rng, b)] })),
  sub: (rng) => small.map(([a, b]) => ({ attrs: {}, inputs: [normal(rng, a), normal(rng, b)] })),
  add_broadcast: (rng) => small.map(([a, b]) => ({ attrs: {}, inputs: [normal(rng, a), normal(rng, b)] })),
  add_scalar: (rng) => [{ attrs: { value: 2 }, inputs: [normal(rng, [2, 3])] }],
} satisfies GradientCases<BroadcastOps>;
