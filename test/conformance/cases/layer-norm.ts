import { sizeOf } from '../../../src/base/shape.ts';
import type { Rng } from '../../../src/base/rng.ts';
import type { LayerNormOps } from '../../../src/graph/ops/layer-norm.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, uniform, withNaN, type Case, type CasesOf, type GradientCases } from '../case.ts';

export const layerNormCases: CasesOf<LayerNormOps> = {
  layer_norm: (rng) => [
    ...shapes(rng).map((shape) => forward(rng, shape, normal(rng, shape, 0.5, 2))),
    { ...forward(rng, [3, 40], normal(rng, [3, 40], 1000, 1)), note: 'a mean far from 0' },
    { ...forward(rng, [2, 24, 3, 3], withNaN(normal(rng, [2, 24, 3, 3]))), note: 'NaN in one row' },
    { ...forward(rng, [2, 9], uniform(rng, [2, 9], 3, 3)), note: 'no variance at all' },
  ],

  layer_norm_backward: (rng) =>
    shapes(rng).map((shape) => {
      const { rows, channels } = sizes(shape);
      return {
        attrs: {},
        inputs: [
          normal(rng, shape),
          normal(rng, shape, 3),
          normal(rng, [channels], 1, 0.5),
          // As it is stored: what is left is far below the first float.
          meanOf(rng, rows),
          uniform(rng, [rows], 0.5, 2),
        ],
        sizes: [1, Math.sqrt(rows), Math.sqrt(rows)],
      };
    }),
};

export const layerNormGradientCases = {
  layer_norm: (rng) =>
    (
      [
        [3, 5],
        [2, 6, 2, 2],
      ] as const
    ).map((shape) => forward(rng, shape, normal(rng, shape, 0.5, 2))),
} satisfies GradientCases<LayerNormOps>;

/** Means near 3, in two floats. */
function meanOf(rng: Rng, rows: number) {
  const drawn = normal(rng, [2, rows], 3);
  for (let i = 0; i < rows; i++) drawn.data[rows + i] = 1e-8 * drawn.data[rows + i];
  return drawn;
}

function forward(rng: Rng, shape: Shape, x: ReturnType<typeof normal>): Case<'layer_norm'> {
  const { channels } = sizes(shape);
  return { attrs: { eps: 1e-6 }, inputs: [x, normal(rng, [channels], 1, 0.5), normal(rng, [channels])] };
}

function sizes(shape: Shape): { readonly rows: number; readonly channels: number } {
  const channels = shape.length === 4 ? shape[1] : shape[shape.length - 1];
  return { rows: sizeOf(shape) / channels, channels };
}

/** Rows of one number, of tails and of several chunks; of matrices, pictures, and what has three dimensions. */
function shapes(rng: Rng): Shape[] {
  return [
    [2, 96, 20, 20],
    [1, 1, 2, 2],
    [3, 7, 3, 2],
    [5, 768],
    [2, 3, 36],
    [1 + rng.int(3), 1 + rng.int(70), 1 + rng.int(6), 1 + rng.int(6)],
    [1 + rng.int(9), 1 + rng.int(70)],
  ];
}
