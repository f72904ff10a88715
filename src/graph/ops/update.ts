import type { Definitions, NoAttrs } from '../op.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectShape } from './check.ts';

export interface UpdateOps {
  /**
   * (gradient, hyper 1: [scale]) → () accumulator ← scale·accumulator + gradient; scale 0 overwrites, even NaN. Inputs:
   * (accumulator, gradient, hyper).
   */
  accumulate: NoAttrs;
  /**
   * (g₁, g₂, …, maxNorm 1) → (norm 1, coefficient 1): L2 norm over all, min(1, maxNorm/(norm + 1e-6)) as
   * torch.nn.utils.clip_grad_norm_.
   */
  gradient_norm: NoAttrs;
  /**
   * torch.optim.SGD in place: (parameter, gradient, [velocity]: iff momentum, hyper 3: [lr, momentum, weightDecay],
   * [coefficient 1]: iff clip) → ().
   * g ← coefficient·gradient + weightDecay·parameter (if `decay`); velocity ← momentum·velocity + g;
   * parameter ← parameter − lr·(nesterov ? g + momentum·velocity : velocity).
   * Dampening 0, so a zeroed velocity is PyTorch's first step.
   */
  sgd: {
    readonly momentum: boolean;
    readonly nesterov: boolean;
    readonly decay: boolean;
    readonly clip: boolean;
  };
  /**
   * torch.optim.AdamW in place: (parameter, gradient, m, v, hyper 8: [lr/(1−β₁ᵗ), lr·weightDecay, ε, 1/√(1−β₂ᵗ), β₁, 1−β₁, β₂, 1−β₂],
   * [coefficient 1]: iff clip) → (). m, v the moving averages, each towards the gradient or its square as in `ema`;
   * parameter ← parameter − lr·weightDecay·parameter (if `decay`) − lr/(1−β₁ᵗ)·m / (√v/√(1−β₂ᵗ) + ε).
   */
  adamw: { readonly decay: boolean; readonly clip: boolean };
  /**
   * (average, current, hyper 2: [decay, 1 − decay]) → () in place: average ← decay·average + (1 − decay)·current, computed from the
   * smaller of both numbers, which f32 holds the better: average + (1 − decay)·(current − average) if that is 1 − decay, and
   * current + decay·(average − current) otherwise. So what does not change stays what it is, however many steps there are.
   */
  ema: NoAttrs;
}

/** Ops of the `accumulate` and `update` step lists: they write their first inputs in place and are never differentiated. */

export const updateOps: Definitions<UpdateOps> = {
  accumulate: {
    infer(shapes) {
      expectInputs('accumulate', shapes, 3);
      expectShape('accumulate', 'a gradient', shapes[1], shapes[0]);
      return [];
    },
    mutates: () => [0],
  },

  gradient_norm: {
    infer: () => [[1], [1]],
  },

  /** torch.optim.SGD; with Nesterov, Sutskever et al. 2013 as PyTorch writes it. */
  sgd: {
    infer(shapes, { momentum, clip }) {
      expectInputs('sgd', shapes, 3 + Number(momentum) + Number(clip));
      sameAsParameter('sgd', shapes, momentum ? 3 : 2);
      expectShape('sgd', 'hyper', shapes[momentum ? 3 : 2], [3]);
      return [];
    },
    mutates: ({ momentum }) => (momentum ? [0, 2] : [0]),
  },

  /** Loshchilov and Hutter 2019. */
  adamw: {
    infer(shapes, { clip }) {
      expectInputs('adamw', shapes, 5 + Number(clip));
      sameAsParameter('adamw', shapes, 4);
      expectShape('adamw', 'hyper', shapes[4], [8]);
      return [];
    },
    mutates: () => [0, 2, 3],
  },

  ema: {
    infer(shapes) {
      expectInputs('ema', shapes, 3);
      sameAsParameter('ema', shapes, 2);
      expectShape('ema', 'hyper', shapes[2], [2]);
      return [];
    },
    mutates: () => [0],
  },
};

function sameAsParameter(op: string, shapes: readonly Shape[], count: number): void {
  for (const shape of shapes.slice(1, count))
    expectShape(op, 'a tensor like its parameter', shape, shapes[0]);
}
