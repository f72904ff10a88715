import type { Definitions } from '../op.ts';
import { formatShape, type Shape } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';

/** How a target becomes the t of a loss of independent labels, and what the losses of its elements come to. */
export interface BinaryAttrs {
  /** t = scale·target + offset: label smoothing. */
  readonly scale: number;
  readonly offset: number;
  /** Then, t = 1 above this, else 0; null leaves t as it is. */
  readonly threshold: number | null;
  /** Exponent of the factor (1 − pₜ)^γ, 0: none. pₜ = p·t + (1 − p)·(1 − t). */
  readonly gamma: number;
  /** Weight of what is: α·t + (1 − α)·(1 − t); null: none. */
  readonly alpha: number | null;
  /** K weights of what is, wₖ·t·log p + (1 − t)·log(1 − p); null: none. Only without γ and α. */
  readonly posWeight: readonly number[] | null;
  /** Σ over N×K divided by N, not by N·K. */
  readonly sumClasses: boolean;
}

export interface FocalAttrs {
  readonly labelSmoothing: number;
  readonly gamma: number;
}

/** Losses beside softmax cross-entropy. Targets get no gradient. */
export interface LossOps {
  /** (logits N×K, target N×K in [0, 1]) → mean of αₜ·(1 − pₜ)^γ·(−t·log p − (1 − t)·log(1 − p)), p = sigmoid(logits). */
  binary_cross_entropy_with_logits: BinaryAttrs;
  /** (logits, target, dloss 1) → dlogits. */
  binary_cross_entropy_with_logits_backward: BinaryAttrs;
  /** (logits N×K, target N×K of probabilities) → mean over N of −Σₖ t·(1 − p)^γ·log p, p = softmax(logits), t = (1−ε)·target + ε/K. */
  softmax_focal_loss: FocalAttrs;
  /** (logits, target, dloss 1) → dlogits. */
  softmax_focal_loss_backward: FocalAttrs;
}

export const lossOps: Definitions<LossOps> = {
  /**
   * Binary cross-entropy of each label by itself, as torch.nn.BCEWithLogitsLoss, whose pos_weight is `posWeight`; with `threshold` and `sumClasses` timm's BinaryCrossEntropy
   * (Wightman et al. 2021, ResNet strikes back); with γ and α the sigmoid focal loss (Lin et al. 2017, section 3), as
   * torchvision.ops.sigmoid_focal_loss.
   */
  binary_cross_entropy_with_logits: {
    infer(shapes, { gamma, alpha, posWeight }) {
      const op = 'binary_cross_entropy_with_logits';
      expectMatrices(op, shapes);
      expect(op, gamma >= 0, 'gamma of at least 0', String(gamma));
      if (posWeight !== null) {
        const [[, classes]] = shapes;
        expect(op, posWeight.length === classes, `${classes} positive weights`, String(posWeight.length));
        expect(op, gamma === 0 && alpha === null, 'positive weights without gamma and alpha', 'both');
      }
      return [[1]];
    },
    gradient(graph, { attrs, inputs }, [dloss]) {
      if (dloss === undefined) return [];
      return [
        graph.apply1('binary_cross_entropy_with_logits_backward', [...inputs, dloss], attrs),
        undefined,
      ];
    },
  },

  binary_cross_entropy_with_logits_backward: {
    infer(shapes) {
      expectInputs('binary_cross_entropy_with_logits_backward', shapes, 3);
      return [shapes[0]];
    },
  },

  /** The focal loss of one label of several (Lin et al. 2017, eq. 4, with softmax); with γ = 0 it is softmax cross-entropy. */
  softmax_focal_loss: {
    infer(shapes, { gamma, labelSmoothing }) {
      const op = 'softmax_focal_loss';
      expectMatrices(op, shapes);
      expect(op, gamma >= 0, 'gamma of at least 0', String(gamma));
      expect(
        op,
        labelSmoothing >= 0 && labelSmoothing <= 1,
        'label smoothing in [0, 1]',
        `${labelSmoothing}`,
      );
      return [[1]];
    },
    gradient(graph, { attrs, inputs }, [dloss]) {
      if (dloss === undefined) return [];
      return [graph.apply1('softmax_focal_loss_backward', [...inputs, dloss], attrs), undefined];
    },
  },

  softmax_focal_loss_backward: {
    infer(shapes) {
      expectInputs('softmax_focal_loss_backward', shapes, 3);
      return [shapes[0]];
    },
  },
};

function expectMatrices(op: string, shapes: readonly Shape[]): void {
  expectInputs(op, shapes, 2);
  const [logits, target] = shapes;
  expect(op, logits.length === 2, 'logits N×K', formatShape(logits));
  expectShape(op, 'a target', target, logits);
}
