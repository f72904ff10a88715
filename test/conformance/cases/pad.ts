import type { Rng } from '../../../src/base/rng.ts';
import type { PadOps } from '../../../src/graph/ops/pad.ts';
import type { Edges } from '../../../src/graph/ops/pad.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, withNaN, type CasesOf, type GradientCases } from '../case.ts';

function paddings(rng: Rng): { readonly padding: Edges; readonly small: Shape; readonly large: Shape }[] {
  const edges: Edges[] = [
    [0, 0, 0, 0],
    [0, 1, 0, 1],
    [2, 0, 3, 0],
    [rng.int(4), rng.int(4), rng.int(4), rng.int(4)],
  ];
  return edges.flatMap((padding) =>
    [
      [1, 1, 1, 1],
      [2, 5, 3, 4],
      [1 + rng.int(3), 1 + rng.int(40), 1 + rng.int(9), 1 + rng.int(9)],
    ].map((small) => {
      const [n, c, h, w] = small;
      const [top, bottom, left, right] = padding;
      return { padding, small, large: [n, c, h + top + bottom, w + left + right] };
    }),
  );
}

export const padCases: CasesOf<PadOps> = {
  pad2d: (rng) =>
    paddings(rng).map(({ padding, small }) => ({
      attrs: { padding },
      inputs: [withNaN(normal(rng, small))],
    })),

  crop2d: (rng) =>
    paddings(rng).map(({ padding, large }) => ({ attrs: { padding }, inputs: [normal(rng, large)] })),
};

export const padGradientCases = {
  pad2d: (rng) => [{ attrs: { padding: [1, 0, 2, 1] }, inputs: [normal(rng, [2, 3, 2, 3])] }],
  crop2d: (rng) => [{ attrs: { padding: [1, 0, 2, 1] }, inputs: [normal(rng, [2, 3, 3, 5])] }],
} satisfies GradientCases<PadOps>;
