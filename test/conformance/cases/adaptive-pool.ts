import type { Rng } from '../../../src/base/rng.ts';
import type { AdaptivePoolOps } from '../../../src/graph/ops/adaptive-pool.ts';
import type { Pair } from '../../../src/graph/op-table.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { coarse, normal, wellSeparated, withNaN, type CasesOf, type GradientCases } from '../case.ts';

export const adaptivePoolCases: CasesOf<AdaptivePoolOps> = {
  adaptive_max_pool2d: (rng) => [
    ...adaptive(rng).map(({ x, outputSize }) => ({ attrs: { outputSize }, inputs: [normal(rng, x, -2)] })),
    {
      attrs: { outputSize: [3, 2] },
      inputs: [withNaN(normal(rng, [2, 5, 7, 7]))],
      note: 'NaN stays, as in PyTorch',
    },
  ],

  adaptive_max_pool2d_backward: (rng) =>
    adaptive(rng).map(({ x, outputSize }) => ({
      attrs: {},
      inputs: [normal(rng, [x[0], x[1], ...outputSize]), coarse(rng, x)],
    })),

  adaptive_avg_pool2d: (rng) =>
    adaptive(rng).map(({ x, outputSize }) => ({ attrs: { outputSize }, inputs: [normal(rng, x, 1)] })),

  adaptive_avg_pool2d_backward: (rng) =>
    adaptive(rng).map(({ x, outputSize }) => ({
      attrs: { inputSize: [x[2], x[3]] as const },
      inputs: [normal(rng, [x[0], x[1], ...outputSize])],
    })),
};

export const adaptivePoolGradientCases = {
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
} satisfies GradientCases<AdaptivePoolOps>;

/** Sizes that divide the picture's and that do not, larger ones than it, one pixel. */
function adaptive(rng: Rng): { readonly x: Shape; readonly outputSize: Pair }[] {
  const pairs: [Pair, Pair][] = [
    [
      [7, 7],
      [3, 3],
    ],
    [
      [7, 9],
      [4, 2],
    ],
    [
      [10, 13],
      [7, 6],
    ],
    [
      [3, 2],
      [5, 7],
    ],
    [
      [1, 1],
      [2, 3],
    ],
    [
      [6, 8],
      [3, 4],
    ],
    [
      [5, 11],
      [1, 11],
    ],
    ...Array.from({ length: 4 }, (): [Pair, Pair] => [
      [1 + rng.int(14), 1 + rng.int(14)],
      [1 + rng.int(9), 1 + rng.int(9)],
    ]),
  ];
  return pairs.map(([size, outputSize]) => ({ x: [1 + rng.int(3), 1 + rng.int(80), ...size], outputSize }));
}
