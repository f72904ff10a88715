import type { ReshapeOps } from '../../../src/graph/ops/reshape.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const reshapeCases: CasesOf<ReshapeOps> = {
  /** Into and out of rank 4, which lies channels-last, and from one rank 4 to another. */
  reshape: (rng) =>
    [
      [
        [2, 12, 5, 7],
        [2, 3, 4, 5, 7],
      ],
      [
        [2, 3, 4, 5, 7],
        [2, 12, 5, 7],
      ],
      [
        [2, 12, 5, 7],
        [2, 420],
      ],
      [
        [2, 12, 5, 7],
        [4, 6, 7, 5],
      ],
      [
        [2, 12, 5, 7],
        [2, 12, 35, 1],
      ],
      [
        [2, 12, 1, 1],
        [2, 12],
      ],
      [[12], [1, 12, 1, 1]],
      [
        [6, 4],
        [2, 3, 2, 2],
      ],
      [
        [3, 1, 40, 50],
        [3, 40, 50],
      ],
      [
        [2, 100, 20, 30],
        [2, 100, 600],
      ],
    ].map(([shape, size]) => ({ attrs: { size }, inputs: [normal(rng, shape)] })),

  permute: (rng) =>
    [
      {
        shape: [2, 3, 4, 5],
        orders: [
          [0, 2, 3, 1],
          [0, 1, 2, 3],
          [3, 2, 1, 0],
          [0, 1, 3, 2],
          [1, 0, 2, 3],
        ],
      },
      { shape: [5, 7], orders: [[1, 0]] },
      {
        shape: [2, 3, 4, 5, 6],
        orders: [
          [0, 2, 1, 3, 4],
          [4, 3, 2, 1, 0],
        ],
      },
      { shape: [3, 200, 210], orders: [[0, 2, 1]] },
      { shape: [1, 6, 1], orders: [[2, 0, 1]] },
    ].flatMap(({ shape, orders }) =>
      orders.map((dims) => ({ attrs: { dims }, inputs: [normal(rng, shape)] })),
    ),
};

export const reshapeGradientCases = {
  reshape: (rng) => [
    { attrs: { size: [2, 3, 2, 2] }, inputs: [normal(rng, [2, 12])] },
    { attrs: { size: [4, 2, 3] }, inputs: [normal(rng, [2, 3, 2, 2])] },
  ],
  permute: (rng) => [
    { attrs: { dims: [0, 2, 3, 1] }, inputs: [normal(rng, [2, 3, 1, 2])] },
    { attrs: { dims: [2, 0, 1] }, inputs: [normal(rng, [2, 3, 2])] },
  ],
} satisfies GradientCases<ReshapeOps>;
