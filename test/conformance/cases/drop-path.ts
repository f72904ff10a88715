import type { DropPathOps } from '../../../src/graph/ops/drop-path.ts';
import { normal, pick, vector, type CasesOf, type GradientCases } from '../case.ts';

export const dropPathCases: CasesOf<DropPathOps> = {
  drop_path: (rng) =>
    [[9, 3, 5, 7], [3, 8, 70, 71], [12, 5], [7]].flatMap((shape) =>
      [0, 0.2, 0.5, 1 - 2 ** -40].map((p) => ({
        attrs: { p, stream: rng.uint32() | 0, offset: pick(rng, [0, 1, 12_345, 2 ** 33 + 7]) },
        inputs: [normal(rng, shape), vector(rng.int(2 ** 24))],
      })),
    ),
};

export const dropPathGradientCases = {
  drop_path: (rng) => [
    {
      attrs: { p: 0.4, stream: rng.uint32() | 0, offset: 5 },
      inputs: [normal(rng, [8, 3, 2, 2]), vector(rng.int(2 ** 24))],
    },
  ],
} satisfies GradientCases<DropPathOps>;
