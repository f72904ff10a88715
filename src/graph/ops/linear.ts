import type { Definitions, NoAttrs } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Value } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';
import type { ChannelSumOps } from './channel-sum.ts';

export interface LinearOps {
  /** (x N×F, w K×F, [bias K]?) → y N×K = x·wᵀ + bias. */
  linear: { readonly bias: boolean };
  /** (dy N×K, w K×F) → dx N×F. */
  linear_backward_input: NoAttrs;
  /** (dy N×K, x N×F) → dw K×F. */
  linear_backward_weight: NoAttrs;
}

export const linearOps: Definitions<LinearOps, ChannelSumOps> = {
  /** y = x·wᵀ + bias. MACs: N·K·F. */
  linear: {
    infer(shapes, attrs) {
      expectInputs('linear', shapes, 2 + Number(attrs.bias));
      const [x, w] = shapes;
      expect('linear', x.length === 2, 'an input N×F', formatShape(x));
      expect('linear', w.length === 2 && w[1] === x[1], `a weight K×${x[1]}`, formatShape(w));
      if (attrs.bias) expectShape('linear', 'a bias', shapes[2], [w[0]]);
      return [[x[0], w[0]]];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      if (dy === undefined) return [];
      const [x, w] = inputs;
      const gradients: (Value | undefined)[] = [
        graph.apply1('linear_backward_input', [dy, w], {}),
        graph.apply1('linear_backward_weight', [dy, x], {}),
      ];
      if (attrs.bias) gradients.push(graph.apply1('channel_sum', [dy], {}));
      return gradients;
    },
    macs: ({ inputs, outputs }) => sizeOf(outputs[0].shape) * inputs[1].shape[1],
  },

  linear_backward_input: {
    infer(shapes) {
      expectInputs('linear_backward_input', shapes, 2);
      const [dy, w] = shapes;
      expect('linear_backward_input', dy[1] === w[0], `dy N×${w[0]}`, formatShape(dy));
      return [[dy[0], w[1]]];
    },
    macs: ({ inputs }) => sizeOf(inputs[0].shape) * inputs[1].shape[1],
  },

  linear_backward_weight: {
    infer(shapes) {
      expectInputs('linear_backward_weight', shapes, 2);
      const [dy, x] = shapes;
      expect('linear_backward_weight', dy[0] === x[0], `dy ${x[0]}×K`, formatShape(dy));
      return [[dy[1], x[1]]];
    },
    macs: ({ inputs, outputs }) => sizeOf(inputs[0].shape) * outputs[0].shape[1],
  },
};
