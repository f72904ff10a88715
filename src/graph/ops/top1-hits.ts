import type { Definitions, NoAttrs } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface Top1HitsOps {
  /**
   * (logits N×K, labels N) → how many rows have their largest logit at their label, 1. Of equals the first is the largest, and a NaN
   * before all others, as in torch.argmax. Labels are class indices as numbers; one that is no class is never hit.
   */
  top1_hits: NoAttrs;
}

export const top1HitsOps: Definitions<Top1HitsOps> = {
  top1_hits: {
    infer(shapes) {
      const op = 'top1_hits';
      expectInputs(op, shapes, 2);
      const [logits, labels] = shapes;
      expect(op, logits.length === 2, 'logits N×K', formatShape(logits));
      expectShape(op, 'labels', labels, [logits[0]]);
      return [[1]];
    },
  },
};
