import type { Rng } from '../../../src/base/rng.ts';
import type { Edges } from '../../../src/graph/op-table.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, withNaN, type Cases } from '../case.ts';

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

export const pad2d: Cases<'pad2d'> = (rng) =>
  paddings(rng).map(({ padding, small }) => ({ attrs: { padding }, inputs: [withNaN(normal(rng, small))] }));

export const crop2d: Cases<'crop2d'> = (rng) =>
  paddings(rng).map(({ padding, large }) => ({ attrs: { padding }, inputs: [normal(rng, large)] }));
