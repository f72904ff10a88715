import type { Definitions } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs } from './check.ts';

export interface ReshapeOps {
  /** (x) → the same elements, in PyTorch's order, in the shape `size`. */
  reshape: { readonly size: readonly number[] };
  /** (x) → y, whose axis i is axis `dims[i]` of x. */
  permute: { readonly dims: readonly number[] };
}

export const reshapeOps: Definitions<ReshapeOps> = {
  reshape: {
    infer(shapes, { size }) {
      expectInputs('reshape', shapes, 1);
      const [x] = shapes;
      const whole = size.every((one) => Number.isInteger(one) && one > 0);
      expect(
        'reshape',
        whole && sizeOf(size) === sizeOf(x),
        `a size of ${sizeOf(x)} elements, as ${formatShape(x)} has`,
        formatShape(size),
      );
      return [size];
    },
    gradient(graph, { inputs: [x] }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('reshape', [dy], { size: x.shape })];
    },
  },

  permute: {
    infer(shapes, { dims }) {
      expectInputs('permute', shapes, 1);
      const [x] = shapes;
      const sorted = dims.toSorted((a, b) => a - b);
      const each = dims.length === x.length && sorted.every((dim, index) => dim === index);
      expect(
        'permute',
        each,
        `each of the ${x.length} axes of ${formatShape(x)} once`,
        `[${dims.join(', ')}]`,
      );
      return [dims.map((dim) => x[dim])];
    },
    gradient(graph, { attrs: { dims } }, [dy]) {
      if (dy === undefined) return [];
      const inverse = dims.map((_, axis) => dims.indexOf(axis));
      return [graph.apply1('permute', [dy], { dims: inverse })];
    },
  },
};
