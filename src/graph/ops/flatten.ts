import type { Definitions, NoAttrs } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs } from './check.ts';

export interface FlattenOps {
  /** (x N×C×H×W) → N×(C·H·W) in PyTorch's C, H, W order; also takes N×F and gives it back. */
  flatten: NoAttrs;
  /** (dy N×(C·H·W)) → N×C×H×W. */
  flatten_backward: { readonly size: readonly number[] };
}

export const flattenOps: Definitions<FlattenOps> = {
  /** N×C×H×W → N×(C·H·W), features in PyTorch's order. */
  flatten: {
    infer(shapes) {
      expectInputs('flatten', shapes, 1);
      const [x] = shapes;
      expect('flatten', x.length === 4 || x.length === 2, 'N×C×H×W or N×F', formatShape(x));
      return [[x[0], sizeOf(x.slice(1))]];
    },
    gradient(graph, { inputs }, [dy]) {
      if (dy === undefined) return [];
      return [graph.apply1('flatten_backward', [dy], { size: inputs[0].shape.slice(1) })];
    },
  },

  flatten_backward: {
    infer(shapes, { size }) {
      expectInputs('flatten_backward', shapes, 1);
      const [dy] = shapes;
      expect('flatten_backward', dy[1] === sizeOf(size), `N×${sizeOf(size)}`, formatShape(dy));
      return [[dy[0], ...size]];
    },
  },
};
