import type { DropoutOps } from '../../../src/graph/ops/dropout.ts';
import { elementwiseShapes, normal, pick, vector, type CasesOf, type GradientCases } from '../case.ts';

export const dropoutCases: CasesOf<DropoutOps> = {
  /** The order of elements matters here: rank 4 is counted in PyTorch's order, whatever the storage. */
  dropout: (rng) =>
    elementwiseShapes(rng).flatMap((shape) =>
      // 1 − 2⁻⁴⁰ keeps none of 2³² hashes, 2⁻⁴⁰ all but one.
      [0, 0.2, 0.5, 0.9, 1 - 2 ** -40, 2 ** -40].map((p) => ({
        attrs: { p, stream: rng.uint32() | 0, offset: pick(rng, [0, 1, 12_345, 2 ** 33 + 7]) },
        inputs: [normal(rng, shape), vector(rng.int(2 ** 24))],
      })),
    ),
};

export const dropoutGradientCases = {
  dropout: (rng) => [
    {
      attrs: { p: 0.4, stream: rng.uint32() | 0, offset: 5 },
      inputs: [normal(rng, [2, 3, 4, 4]), vector(rng.int(2 ** 24))],
    },
  ],
} satisfies GradientCases<DropoutOps>;
