import type { ReduceOps } from '../../../src/graph/ops/reduce.ts';
import type { Rng } from '../../../src/base/rng.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

const shapes: readonly (readonly [Shape, readonly number[]])[] = [
  [
    [2, 8, 5, 7],
    [2, 3],
  ],
  [
    [2, 3, 60, 101],
    [2, 3],
  ],
  [
    [1, 2100, 6, 6],
    [2, 3],
  ],
  [[2, 37, 9, 9], [1]],
  [[3, 8, 4, 5], [2]],
  [[3, 8, 4, 5], [3]],
  [[3, 8, 4, 5], [0]],
  [
    [3, 8, 4, 5],
    [0, 2, 3],
  ],
  [
    [3, 8, 14, 15],
    [0, 1],
  ],
  [
    [3, 8, 4, 5],
    [1, 2],
  ],
  [
    [3, 4, 60, 90],
    [0, 1, 2, 3],
  ],
  [[6, 11], [0]],
  [[6, 11], [1]],
  [
    [2, 3, 4, 5, 6],
    [1, 3],
  ],
  [[4, 1, 3], [1]],
  [[70_000], [0]],
];

/** Sums of numbers around 1, of which none cancels. */
const reductions = (rng: Rng) =>
  shapes.map(([shape, dims]) => ({ attrs: { dims }, inputs: [normal(rng, shape, 1)] }));

const small = (rng: Rng) =>
  [[2, 3], [0, 1], [2]].map((dims) => ({ attrs: { dims }, inputs: [normal(rng, [2, 3, 2, 2])] }));

export const reduceCases: CasesOf<ReduceOps> = {
  sum: reductions,
  mean: reductions,
  expand: (rng) =>
    shapes.flatMap(([size, dims]) =>
      [1, -0.25].map((factor) => ({
        attrs: { size, factor },
        inputs: [
          normal(
            rng,
            size.map((one, axis) => (dims.includes(axis) ? 1 : one)),
          ),
        ],
      })),
    ),
};

export const reduceGradientCases = {
  sum: small,
  mean: small,
  expand: (rng) => [
    { attrs: { size: [2, 3, 2, 2], factor: 0.5 }, inputs: [normal(rng, [2, 1, 1, 2])] },
    { attrs: { size: [2, 3], factor: 1 }, inputs: [normal(rng, [1, 3])] },
  ],
} satisfies GradientCases<ReduceOps>;
