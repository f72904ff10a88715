import type { SubsampleOps } from '../../../src/graph/ops/subsample.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const subsampleCases: CasesOf<SubsampleOps> = {
  subsample: (rng) =>
    subsampled.map(([channels, height, width, stride]) => ({
      attrs: { stride },
      inputs: [normal(rng, [1 + rng.int(3), channels, height, width])],
    })),

  subsample_backward: (rng) =>
    subsampled.map(([channels, height, width, stride]) => ({
      attrs: { stride, inputSize: [height, width] },
      inputs: [
        normal(rng, [1 + rng.int(3), channels, Math.ceil(height / stride), Math.ceil(width / stride)]),
      ],
    })),
};

export const subsampleGradientCases = {
  subsample: (rng) => [
    { attrs: { stride: 2 }, inputs: [normal(rng, [2, 3, 5, 4])] },
    { attrs: { stride: 3 }, inputs: [normal(rng, [1, 2, 4, 4])] },
  ],
} satisfies GradientCases<SubsampleOps>;

/** [channels, height, width, stride]. */
const subsampled = [
  [4, 8, 8, 2],
  [3, 7, 9, 2],
  [17, 5, 4, 3],
  [8, 1, 1, 2],
  [5, 6, 3, 1],
] as const;
