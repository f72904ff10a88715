import type { ArithmeticOps } from '../../../src/graph/ops/arithmetic.ts';
import {
  awayFrom,
  elementwiseShapes,
  fused,
  normal,
  uniform,
  withNaN,
  type CasesOf,
  type GradientCases,
} from '../case.ts';

export const arithmeticCases: CasesOf<ArithmeticOps> = {
  add: (rng) =>
    elementwiseShapes(rng).flatMap((shape) =>
      fused.map((activation) => ({
        attrs: { activation },
        inputs: [
          normal(rng, shape),
          activation === 'none' ? normal(rng, shape) : withNaN(normal(rng, shape)),
        ],
      })),
    ),

  scale: (rng) =>
    elementwiseShapes(rng).flatMap((shape) =>
      [0.17, -2, 0].map((factor) => ({ attrs: { factor }, inputs: [normal(rng, shape)] })),
    ),
};

export const arithmeticGradientCases = {
  add: (rng) => [
    { attrs: { activation: 'none' }, inputs: [normal(rng, [2, 3, 2, 2]), normal(rng, [2, 3, 2, 2])] },
    {
      attrs: { activation: 'relu' },
      inputs: [awayFrom(rng, 0, [2, 3, 2, 2]), uniform(rng, [2, 3, 2, 2], -0.5, 0.5)],
    },
  ],
  scale: (rng) => [{ attrs: { factor: 0.3 }, inputs: [normal(rng, [2, 3, 2, 2])] }],
} satisfies GradientCases<ArithmeticOps>;
