import type { SoftmaxOps } from '../../../src/graph/ops/softmax.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, uniform, withNaN, type CasesOf, type GradientCases } from '../case.ts';

const shapes: readonly (readonly [Shape, number])[] = [
  [[7, 10], 1],
  [[7, 10], 0],
  [[2, 3, 9, 1, 1], 1],
  [[3, 1, 40], 2],
  [[2, 13, 5, 6], 1],
  [[2, 7, 5, 6], 2],
  [[2, 1, 900], 2],
  [[130, 70, 3], 1],
];

export const softmaxCases: CasesOf<SoftmaxOps> = {
  softmax: (rng) => [
    ...shapes.map(([shape, dim]) => ({ attrs: { dim }, inputs: [normal(rng, shape, 0, 3)] })),
    { attrs: { dim: 1 }, inputs: [normal(rng, [4, 9], -1000, 50)], note: 'far from 0' },
    { attrs: { dim: 1 }, inputs: [withNaN(normal(rng, [5, 9]))] },
  ],

  softmax_backward: (rng) =>
    shapes.map(([shape, dim]) => ({
      attrs: { dim },
      inputs: [normal(rng, shape), uniform(rng, shape, 0, 2 / shape[dim])],
    })),
};

export const softmaxGradientCases = {
  softmax: (rng) => [
    { attrs: { dim: 1 }, inputs: [normal(rng, [3, 4])] },
    { attrs: { dim: 1 }, inputs: [normal(rng, [2, 3, 2, 2])] },
  ],
} satisfies GradientCases<SoftmaxOps>;
