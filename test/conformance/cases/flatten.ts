import type { FlattenOps } from '../../../src/graph/ops/flatten.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const flattenCases: CasesOf<FlattenOps> = {
  flatten: (rng) =>
    [
      [1, 1, 1, 1],
      [3, 20, 1, 1],
      [2, 5, 4, 3],
      [2, 16, 7, 7],
      [4, 9],
    ].map((shape) => ({ attrs: {}, inputs: [normal(rng, shape)] })),

  flatten_backward: (rng) =>
    [[1, 1, 1], [20, 1, 1], [5, 4, 3], [16, 7, 7], [9]].map((size) => ({
      attrs: { size },
      inputs: [normal(rng, [3, size.reduce((a, b) => a * b, 1)])],
    })),
};

export const flattenGradientCases = {
  flatten: (rng) => [
    { attrs: {}, inputs: [normal(rng, [2, 3, 2, 2])] },
    { attrs: {}, inputs: [normal(rng, [2, 3])] },
  ],
} satisfies GradientCases<FlattenOps>;
