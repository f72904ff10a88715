import type { Definitions } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface SoftmaxCrossEntropyOps {
  /**
   * (logits N×K, target N×K of probabilities) → mean over N of −Σₖ t·log softmax, t = (1−ε)·target + ε/K. A hard label is a one-hot row.
   */
  softmax_cross_entropy: { readonly labelSmoothing: number };
  /** (logits, target, dloss 1) → dlogits = dloss/N · (softmax·Σt − t). */
  softmax_cross_entropy_backward: { readonly labelSmoothing: number };
}

export const softmaxCrossEntropyOps: Definitions<SoftmaxCrossEntropyOps> = {
  /** Mean cross-entropy with label smoothing (Szegedy et al. 2016, section 7), as torch.nn.CrossEntropyLoss. */
  softmax_cross_entropy: {
    infer(shapes, { labelSmoothing }) {
      const op = 'softmax_cross_entropy';
      expectInputs(op, shapes, 2);
      const [logits, target] = shapes;
      expect(op, logits.length === 2, 'logits N×K', formatShape(logits));
      expectShape(op, 'a target of probabilities', target, logits);
      expect(
        op,
        labelSmoothing >= 0 && labelSmoothing <= 1,
        'label smoothing in [0, 1]',
        String(labelSmoothing),
      );
      return [[1]];
    },
    gradient(graph, { attrs, inputs }, [dloss]) {
      if (dloss === undefined) return [];
      return [graph.apply1('softmax_cross_entropy_backward', [...inputs, dloss], attrs), undefined];
    },
  },

  softmax_cross_entropy_backward: {
    infer(shapes) {
      expectInputs('softmax_cross_entropy_backward', shapes, 3);
      return [shapes[0]];
    },
  },
};
