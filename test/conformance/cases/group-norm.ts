import type { Rng } from '../../../src/base/rng.ts';
import type { GroupNormOps } from '../../../src/graph/ops/group-norm.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, uniform, withNaN, type Case, type CasesOf, type GradientCases } from '../case.ts';

export const groupNormCases: CasesOf<GroupNormOps> = {
  group_norm: (rng) => [
    ...shapes(rng).map(([groups, ...shape]) => forward(rng, groups, shape, normal(rng, shape, 0.5, 2))),
    { ...forward(rng, 2, [2, 6, 40, 40], normal(rng, [2, 6, 40, 40], 1000, 1)), note: 'a mean far from 0' },
    { ...forward(rng, 3, [3, 6, 3, 3], withNaN(normal(rng, [3, 6, 3, 3]))), note: 'NaN in one group' },
  ],

  group_norm_backward: (rng) =>
    shapes(rng).map(([groups, ...shape]) => {
      const [images, channels] = shape;
      const mean = normal(rng, [2, images * groups], 3);
      // As it is stored: what is left is far below the first float.
      for (let i = images * groups; i < mean.data.length; i++) mean.data[i] *= 1e-8;
      const terms = Math.sqrt(sizeOf(shape) / channels);
      return {
        attrs: { groups },
        inputs: [
          normal(rng, shape),
          normal(rng, shape, 3),
          normal(rng, [channels], 1, 0.5),
          mean,
          uniform(rng, [images * groups], 0.5, 2),
        ],
        sizes: [1, terms, terms],
      };
    }),
};

export const groupNormGradientCases = {
  group_norm: (rng) => [
    forward(rng, 2, [2, 4, 2, 2], normal(rng, [2, 4, 2, 2], 0.5, 2)),
    forward(rng, 1, [2, 5], normal(rng, [2, 5], 0.5, 2)),
  ],
} satisfies GradientCases<GroupNormOps>;

function forward(rng: Rng, groups: number, shape: Shape, x: ReturnType<typeof normal>): Case<'group_norm'> {
  const channels = shape[1];
  return {
    attrs: { groups, eps: 1e-5 },
    inputs: [x, normal(rng, [channels], 1, 0.5), normal(rng, [channels])],
  };
}

/** [groups, ...shape]: tails, several tiles, one group and as many as channels. */
function shapes(rng: Rng): [number, ...number[]][] {
  const groups = 1 + rng.int(4);
  return [
    [32, 2, 64, 9, 9],
    [1, 3, 7, 4, 3],
    [7, 1, 7, 4, 3],
    [4, 2, 24, 60, 60],
    [3, 4, 12],
    [groups, 1 + rng.int(3), groups * (1 + rng.int(9)), 2 + rng.int(6), 1 + rng.int(6)],
  ];
}
