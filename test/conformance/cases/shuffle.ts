import type { ShuffleOps } from '../../../src/graph/ops/shuffle.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const shuffleCases: CasesOf<ShuffleOps> = {
  channel_shuffle: (rng) =>
    [
      [8, 2],
      [30, 2],
      [30, 15],
      [24, 3],
      [24, 8],
      [5, 5],
      [5, 1],
    ].map(([channels, groups]) => ({
      attrs: { groups },
      inputs: [normal(rng, [1 + rng.int(3), channels, 1 + rng.int(9), 1 + rng.int(9)])],
    })),

  split: (rng) =>
    [[4, 4], [1, 2, 3], [8], [5, 16, 3, 32]].map((lengths) => ({
      attrs: { lengths },
      inputs: [normal(rng, [2, lengths.reduce((sum, length) => sum + length, 0), 1 + rng.int(6), 5])],
    })),
};

export const shuffleGradientCases = {
  channel_shuffle: (rng) => [{ attrs: { groups: 3 }, inputs: [normal(rng, [2, 6, 2, 2])] }],
  split: (rng) => [{ attrs: { lengths: [2, 1, 3] }, inputs: [normal(rng, [2, 6, 2, 2])] }],
} satisfies GradientCases<ShuffleOps>;
