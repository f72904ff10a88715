import type { BlurPoolOps } from '../../../src/graph/ops/blur-pool.ts';
import { normal, withNaN, type CasesOf, type GradientCases } from '../case.ts';

export const blurPoolCases: CasesOf<BlurPoolOps> = {
  blur_pool2d: (rng) => [
    ...blurred.map(([channels, height, width, filterSize, stride]) => ({
      attrs: { filterSize, stride },
      inputs: [normal(rng, [1 + rng.int(3), channels, height, width])],
    })),
    { attrs: { filterSize: 3, stride: 2 }, inputs: [withNaN(normal(rng, [1, 5, 9, 9]))], note: 'one NaN' },
  ],

  blur_pool2d_backward: (rng) =>
    blurred.map(([channels, height, width, filterSize, stride]) => {
      const outputs = (size: number): number => {
        const padding = Math.floor((stride + filterSize - 2) / 2);
        return Math.floor((size + 2 * padding - filterSize) / stride) + 1;
      };
      return {
        attrs: { filterSize, stride, inputSize: [height, width] },
        inputs: [normal(rng, [1 + rng.int(3), channels, outputs(height), outputs(width)])],
      };
    }),
};

export const blurPoolGradientCases = {
  blur_pool2d: (rng) => [
    { attrs: { filterSize: 3, stride: 2 }, inputs: [normal(rng, [1, 2, 5, 4])] },
    { attrs: { filterSize: 4, stride: 1 }, inputs: [normal(rng, [1, 1, 4, 5])] },
  ],
} satisfies GradientCases<BlurPoolOps>;

/** [channels, height, width, filter, stride]. */
const blurred = [
  [64, 14, 14, 3, 2],
  [37, 7, 10, 3, 2],
  [3, 2, 2, 3, 2],
  [40, 9, 8, 5, 2],
  [8, 6, 7, 2, 2],
  [5, 9, 7, 4, 3],
  [32, 6, 6, 3, 1],
] as const;
