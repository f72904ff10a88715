import type { Definitions } from '../op.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';

export interface GlobalResponseNormOps {
  /**
   * (x N×C×H×W, γ C, β C) → (y like x, norm N×C): norm = ‖x‖₂ over the pixels of each channel of each picture, n = norm / (its mean over
   * channels + eps), y = x + γ·n·x + β.
   */
  global_response_norm: { readonly eps: number };
  /**
   * (dy, x, γ, norm) → (dx, dγ, dβ). dβ = Σdy, dγ = Σdy·x·n; with m the mean of norm over channels plus eps, and e = γ·Σdy·x of each
   * channel of a picture: dnorm = e/m − Σ(e·norm)/(C·m²), dx = (1 + γ·n)·dy + x·dnorm/norm (the last term 0 where norm is).
   */
  global_response_norm_backward: { readonly eps: number };
}

export const globalResponseNormOps: Definitions<GlobalResponseNormOps> = {
  /** Global response normalisation (Woo et al. 2023, ConvNeXt V2): channels compete by their size in a whole picture. */
  global_response_norm: {
    infer(shapes) {
      const op = 'global_response_norm';
      expectInputs(op, shapes, 3);
      const [x, gamma, beta] = shapes;
      expectPicture(op, x);
      expectShape(op, 'γ', gamma, [x[1]]);
      expectShape(op, 'β', beta, [x[1]]);
      return [x, [x[0], x[1]]];
    },
    gradient(graph, { attrs, inputs: [x, gamma], outputs: [, norm] }, [dy]) {
      return dy === undefined
        ? []
        : graph.apply('global_response_norm_backward', [dy, x, gamma, norm], attrs);
    },
  },

  global_response_norm_backward: {
    infer(shapes) {
      const op = 'global_response_norm_backward';
      expectInputs(op, shapes, 4);
      const [dy, x, gamma, norm] = shapes;
      expectPicture(op, x);
      expectShape(op, 'dy', dy, x);
      expectShape(op, 'γ', gamma, [x[1]]);
      expectShape(op, 'norms', norm, [x[0], x[1]]);
      return [x, gamma, gamma];
    },
  },
};
