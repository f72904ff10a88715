import type { Definitions } from '../op.ts';
import { formatShape, type Shape } from '../value.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface SoftmaxOps {
  /** (x) → e^x/Σe^x, the sum along axis `dim`. */
  softmax: { readonly dim: number };
  /** (dy, y) → dx = y·(dy − Σdy·y). */
  softmax_backward: { readonly dim: number };
}

export const softmaxOps: Definitions<SoftmaxOps> = {
  softmax: {
    infer(shapes, { dim }) {
      expectInputs('softmax', shapes, 1);
      expectAxis('softmax', shapes[0], dim);
      return [shapes[0]];
    },
    gradient(graph, { attrs, outputs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('softmax_backward', [dy, outputs[0]], attrs)];
    },
  },

  softmax_backward: {
    infer(shapes, { dim }) {
      expectInputs('softmax_backward', shapes, 2);
      expectShape('softmax_backward', 'dy', shapes[0], shapes[1]);
      expectAxis('softmax_backward', shapes[0], dim);
      return [shapes[0]];
    },
  },
};

function expectAxis(op: string, x: Shape, dim: number): void {
  expect(
    op,
    Number.isInteger(dim) && dim >= 0 && dim < x.length,
    `an axis of ${formatShape(x)}`,
    String(dim),
  );
}
