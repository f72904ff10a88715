import type { Rng } from '../../../src/base/rng.ts';
import type { GlobalResponseNormOps } from '../../../src/graph/ops/global-response-norm.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, uniform, withNaN, type CasesOf, type GradientCases } from '../case.ts';

const eps = 1e-6;

export const globalResponseNormCases: CasesOf<GlobalResponseNormOps> = {
  global_response_norm: (rng) => [
    ...shapes(rng).map((shape) => ({ attrs: { eps }, inputs: inputsOf(rng, shape) })),
    {
      attrs: { eps },
      inputs: [withNaN(normal(rng, [3, 5, 2, 2])), normal(rng, [5]), normal(rng, [5])],
      note: 'NaN in one picture',
    },
    {
      attrs: { eps },
      inputs: [uniform(rng, [2, 5, 2, 2], 0, 0), normal(rng, [5]), normal(rng, [5])],
      note: 'nothing but zeros',
    },
  ],

  global_response_norm_backward: (rng) => [
    ...shapes(rng).map((shape) => {
      const [images, channels, height, width] = shape;
      const root = Math.sqrt(height * width);
      return {
        attrs: { eps },
        inputs: [
          normal(rng, shape),
          normal(rng, shape, 0.3),
          normal(rng, [channels], 0.5),
          uniform(rng, [images, channels], 0.5 * root, 1.5 * root),
        ],
        sizes: [1, root * Math.sqrt(images), root * Math.sqrt(images)],
      };
    }),
    {
      attrs: { eps },
      inputs: [
        normal(rng, [1, 3, 2, 2]),
        uniform(rng, [1, 3, 2, 2], 0, 0),
        normal(rng, [3]),
        uniform(rng, [1, 3], 0, 0),
      ],
      note: 'nothing but zeros',
    },
  ],
};

export const globalResponseNormGradientCases = {
  global_response_norm: (rng) => [
    { attrs: { eps }, inputs: inputsOf(rng, [2, 3, 2, 3]) },
    { attrs: { eps: 0.5 }, inputs: inputsOf(rng, [1, 4, 2, 2]) },
  ],
} satisfies GradientCases<GlobalResponseNormOps>;

function inputsOf(rng: Rng, shape: Shape) {
  return [normal(rng, shape, 0.5), normal(rng, [shape[1]], 0.5), normal(rng, [shape[1]])];
}

function shapes(rng: Rng): Shape[] {
  return [
    [2, 160, 9, 9],
    [1, 1, 1, 1],
    [2, 24, 50, 50],
    [1 + rng.int(3), 1 + rng.int(40), 1 + rng.int(6), 1 + rng.int(6)],
  ];
}
