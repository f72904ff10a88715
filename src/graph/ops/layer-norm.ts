import type { Definitions, NoAttrs } from '../op.ts';
import { formatShape, type Shape } from '../value.ts';
import { sizeOf } from '../../base/shape.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface LayerNormOps {
  /**
   * Each pixel of N×C×H×W over its C channels, each row of N×D over its D: (x, γ C, β C) → (y like x, mean 2×M, invstd M), M rows.
   * y = γ·(x − mean)·invstd + β, invstd = 1/√(variance + eps) with the biased variance. The mean is the sum of two rows: what f32 holds
   * of it, and what that leaves.
   */
  layer_norm: { readonly eps: number };
  /**
   * (dy, x, γ, mean, invstd) → (dx, dγ, dβ). With x̂ = (x − mean)·invstd: dβ = Σdy, dγ = Σdy·x̂ over all rows, and in each row, whose
   * means over channels are m(·), dx = invstd·(γ·dy − m(γ·dy) − x̂·m(γ·dy·x̂)).
   */
  layer_norm_backward: NoAttrs;
}

export const layerNormOps: Definitions<LayerNormOps> = {
  /** Layer normalisation (Ba, Kiros and Hinton 2016) over channels: with channels last every pixel is a row of memory. */
  layer_norm: {
    infer(shapes) {
      expectInputs('layer_norm', shapes, 3);
      const [x, gamma, beta] = shapes;
      const { rows, channels } = layerNormRows('layer_norm', x);
      expectShape('layer_norm', 'γ', gamma, [channels]);
      expectShape('layer_norm', 'β', beta, [channels]);
      return [x, [2, rows], [rows]];
    },
    gradient(graph, { inputs: [x, gamma], outputs: [, mean, invstd] }, [dy]) {
      return dy === undefined ? [] : graph.apply('layer_norm_backward', [dy, x, gamma, mean, invstd], {});
    },
  },

  layer_norm_backward: {
    infer(shapes) {
      expectInputs('layer_norm_backward', shapes, 5);
      const [dy, x, gamma, mean, invstd] = shapes;
      const { rows, channels } = layerNormRows('layer_norm_backward', x);
      expectShape('layer_norm_backward', 'dy', dy, x);
      expectShape('layer_norm_backward', 'γ', gamma, [channels]);
      expectShape('layer_norm_backward', 'a mean in two rows', mean, [2, rows]);
      expectShape('layer_norm_backward', 'invstd', invstd, [rows]);
      return [x, gamma, gamma];
    },
  },
};

/** What is normalised: the channels of each pixel of a picture, else the last dimension. */
function layerNormRows(op: string, x: Shape): { readonly rows: number; readonly channels: number } {
  expect(op, x.length >= 2, 'N×C×H×W or N×D', formatShape(x));
  const channels = x.length === 4 ? x[1] : x[x.length - 1];
  return { rows: sizeOf(x) / channels, channels };
}
