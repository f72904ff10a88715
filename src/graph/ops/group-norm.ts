import type { Definitions } from '../op.ts';
import { formatShape, type Shape } from '../value.ts';
import { sizeOf } from '../../base/shape.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface GroupNormOps {
  /**
   * (x N×C×H×W or N×C, γ C, β C) → (y like x, mean 2×(N·G), invstd N·G): y = γ·(x − mean)·invstd + β with mean and biased variance of
   * each picture's C/G channels of a group, all pixels together. The mean is the sum of two rows, as `layer_norm` has it.
   */
  group_norm: { readonly groups: number; readonly eps: number };
  /**
   * (dy, x, γ, mean, invstd) → (dx, dγ, dβ). With x̂ = (x − mean)·invstd: dβ = Σdy, dγ = Σdy·x̂ over pictures and pixels, and with m(·)
   * the means over a picture's group, dx = invstd·(γ·dy − m(γ·dy) − x̂·m(γ·dy·x̂)).
   */
  group_norm_backward: { readonly groups: number };
}

export const groupNormOps: Definitions<GroupNormOps> = {
  /** Group normalisation (Wu and He 2018): batch norm without the batch. One group is layer norm over a whole picture. */
  group_norm: {
    infer(shapes, { groups }) {
      expectInputs('group_norm', shapes, 3);
      const [x, gamma, beta] = shapes;
      const statistics = checkGroups('group_norm', x, groups);
      expectShape('group_norm', 'γ', gamma, [x[1]]);
      expectShape('group_norm', 'β', beta, [x[1]]);
      expect(
        'group_norm',
        sizeOf(x) > statistics,
        'more than one value in a group of a picture',
        `${formatShape(x)} in ${groups} groups`,
      );
      return [x, [2, statistics], [statistics]];
    },
    gradient(graph, { attrs: { groups }, inputs: [x, gamma], outputs: [, mean, invstd] }, [dy]) {
      if (dy === undefined) return [];
      return graph.apply('group_norm_backward', [dy, x, gamma, mean, invstd], { groups });
    },
  },

  group_norm_backward: {
    infer(shapes, { groups }) {
      const op = 'group_norm_backward';
      expectInputs(op, shapes, 5);
      const [dy, x, gamma, mean, invstd] = shapes;
      const statistics = checkGroups(op, x, groups);
      expectShape(op, 'dy', dy, x);
      expectShape(op, 'γ', gamma, [x[1]]);
      expectShape(op, 'a mean in two rows', mean, [2, statistics]);
      expectShape(op, 'invstd', invstd, [statistics]);
      return [x, gamma, gamma];
    },
  },
};

/** N·G, of how many groups there are statistics. */
function checkGroups(op: string, x: Shape, groups: number): number {
  expect(op, x.length === 4 || x.length === 2, 'N×C×H×W or N×C', formatShape(x));
  const [images, channels] = x;
  const divides = Number.isInteger(groups) && groups >= 1 && channels % groups === 0;
  expect(op, divides, `groups that divide ${channels} channels`, String(groups));
  return images * groups;
}
