import type { OpDefinition } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';

/** Mean cross-entropy with label smoothing (Szegedy et al. 2016, section 7), as torch.nn.CrossEntropyLoss. */
export const softmaxCrossEntropy: OpDefinition<'softmax_cross_entropy'> = {
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
};

export const softmaxCrossEntropyBackward: OpDefinition<'softmax_cross_entropy_backward'> = {
  infer(shapes) {
    expectInputs('softmax_cross_entropy_backward', shapes, 3);
    return [shapes[0]];
  },
};
