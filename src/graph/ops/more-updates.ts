import type { Definitions } from '../op.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectShape } from './check.ts';

export interface MoreUpdateOps {
  /**
   * RMSProp in place: (parameter, gradient, squareAverage, [buffer]: iff momentum, hyper 6: [lr, α, 1−α, ε, momentum, weightDecay],
   * [coefficient 1]: iff clip) → ().
   * g ← coefficient·gradient + weightDecay·parameter (if `decay`); s ← α·s + (1−α)·g² as in `ema`. As torch.optim.RMSprop,
   * buffer ← momentum·buffer + g/(√s + ε) and parameter ← parameter − lr·buffer; with `tensorflow`, as TensorFlow and timm's
   * RMSpropTF, buffer ← momentum·buffer + lr·g/√(s + ε) and parameter ← parameter − buffer, with an s that begins as 1.
   */
  rmsprop: {
    readonly momentum: boolean;
    readonly tensorflow: boolean;
    readonly decay: boolean;
    readonly clip: boolean;
  };
  /**
   * Lion in place: (parameter, gradient, m, hyper 6: [lr, lr·weightDecay, β₁, 1−β₁, β₂, 1−β₂], [coefficient 1]: iff clip) → ().
   * parameter ← parameter − lr·weightDecay·parameter (if `decay`) − lr·sign(β₁·m + (1−β₁)·g); then m ← β₂·m + (1−β₂)·g as in `ema`.
   */
  lion: { readonly decay: boolean; readonly clip: boolean };
  /**
   * LAMB in place: (parameter, gradient, m, v, hyper 9: [lr, weightDecay, ε, 1/√(1−β₂ᵗ), β₁, 1−β₁, β₂, 1−β₂, 1/(1−β₁ᵗ)],
   * [coefficient 1]: iff clip) → (). m and v as in `adamw`; d = m/(1−β₁ᵗ) / (√v/√(1−β₂ᵗ) + ε) + weightDecay·parameter;
   * parameter ← parameter − lr·r·d, where r = ‖parameter‖/‖d‖ over the whole tensor if both are above 0, else 1. Without `decay`
   * there is no weight decay and r = 1, as in timm's Lamb.
   */
  lamb: { readonly decay: boolean; readonly clip: boolean };
}

/** Optimisers of the recipes after ResNeXt's. They write their first inputs in place and are never differentiated. */
export const moreUpdateOps: Definitions<MoreUpdateOps> = {
  /** Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning. */
  rmsprop: {
    infer(shapes, { momentum, clip }) {
      expectUpdate('rmsprop', shapes, momentum ? 4 : 3, 6, clip);
      return [];
    },
    mutates: ({ momentum }) => (momentum ? [0, 2, 3] : [0, 2]),
  },

  /** Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, arXiv 2302.06675. */
  lion: {
    infer(shapes, { clip }) {
      expectUpdate('lion', shapes, 3, 6, clip);
      return [];
    },
    mutates: () => [0, 2],
  },

  /** You et al. 2019, Large Batch Optimization for Deep Learning, arXiv 1904.00962. */
  lamb: {
    infer(shapes, { clip }) {
      expectUpdate('lamb', shapes, 4, 9, clip);
      return [];
    },
    mutates: () => [0, 2, 3],
  },
};

/** `like` tensors of the parameter's shape, `hyper` numbers, and a coefficient if gradients are clipped. */
function expectUpdate(
  op: string,
  shapes: readonly Shape[],
  like: number,
  hyper: number,
  clip: boolean,
): void {
  expectInputs(op, shapes, like + 1 + Number(clip));
  for (const shape of shapes.slice(1, like)) {
    expectShape(op, 'a tensor like its parameter', shape, shapes[0]);
  }
  expectShape(op, 'hyper', shapes[like], [hyper]);
}
