import type { InterpolateAttrs, InterpolateOps } from '../../../src/graph/ops/interpolate.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const interpolateCases: CasesOf<InterpolateOps> = {
  interpolate: (rng) =>
    resized.map(([channels, height, width, attrs]) => ({
      attrs,
      inputs: [normal(rng, [1 + rng.int(3), channels, height, width])],
    })),

  interpolate_backward: (rng) =>
    resized.map(([channels, height, width, { outputSize, ...attrs }]) => ({
      attrs: { ...attrs, inputSize: [height, width] },
      inputs: [normal(rng, [1 + rng.int(3), channels, ...outputSize])],
    })),
};

export const interpolateGradientCases = {
  interpolate: (rng) =>
    resized.slice(-2).map(([, , , attrs]) => ({ attrs, inputs: [normal(rng, [1, 2, 3, 4])] })),
} satisfies GradientCases<InterpolateOps>;

/** [channels, height, width, attributes]. */
const resized: readonly (readonly [number, number, number, InterpolateAttrs])[] = [
  [40, 7, 6, { mode: 'nearest', outputSize: [14, 12], scale: [0.5, 0.5], alignCorners: false }],
  [3, 9, 7, { mode: 'nearest', outputSize: [4, 11], scale: [9 / 4, 7 / 11], alignCorners: false }],
  [37, 7, 6, { mode: 'bilinear', outputSize: [14, 12], scale: [0.5, 0.5], alignCorners: false }],
  [5, 8, 1, { mode: 'bilinear', outputSize: [3, 5], scale: [8 / 3, 1 / 5], alignCorners: false }],
  [32, 5, 4, { mode: 'bilinear', outputSize: [1, 9], scale: [0, 3 / 8], alignCorners: true }],
  [2, 3, 4, { mode: 'bilinear', outputSize: [5, 6], scale: [0.5, 3 / 5], alignCorners: true }],
  [2, 3, 4, { mode: 'nearest', outputSize: [5, 6], scale: [3 / 5, 4 / 6], alignCorners: false }],
];
