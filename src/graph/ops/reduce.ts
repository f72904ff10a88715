import type { Definitions, Recorder } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Shape, type Value } from '../value.ts';
import { broadcast } from './broadcasting.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface ReduceOps {
  /** (x) → Σ over `dims`, which are axes of x in ascending order; sizes of 1 stay in their place. */
  sum: { readonly dims: readonly number[] };
  /** (x) → the mean over `dims`. */
  mean: { readonly dims: readonly number[] };
  /** (x) → factor·x, spread over `size` as broadcasting does it. */
  expand: { readonly size: readonly number[]; readonly factor: number };
}

export const reduceOps: Definitions<ReduceOps> = {
  sum: {
    infer: (shapes, { dims }) => [reduced('sum', shapes, dims)],
    gradient(graph, { inputs: [x] }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('expand', [dy], { size: x.shape, factor: 1 })];
    },
  },

  mean: {
    infer: (shapes, { dims }) => [reduced('mean', shapes, dims)],
    gradient(graph, { inputs: [x], outputs: [y] }, [dy]) {
      const factor = sizeOf(y.shape) / sizeOf(x.shape);
      return dy === undefined ? [] : [graph.apply1('expand', [dy], { size: x.shape, factor })];
    },
  },

  expand: {
    infer(shapes, { size }) {
      expectInputs('expand', shapes, 1);
      expectShape(
        'expand',
        'a size that the tensor broadcasts to,',
        size,
        broadcast('expand', shapes[0], size),
      );
      return [size];
    },
    gradient(graph, { attrs: { factor }, inputs: [x] }, [dy]) {
      if (dy === undefined) return [];
      const sum = summedTo(graph, dy, x.shape);
      return [factor === 1 ? sum : graph.apply1('expand', [sum], { size: x.shape, factor })];
    },
  },
};

function reduced(op: string, shapes: readonly Shape[], dims: readonly number[]): Shape {
  expectInputs(op, shapes, 1);
  const [x] = shapes;
  const ascending = dims.every((dim, index) => index === 0 || dim > dims[index - 1]);
  const inside = dims.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < x.length);
  expect(
    op,
    dims.length > 0 && ascending && inside,
    `dims of ${formatShape(x)} in ascending order`,
    `[${dims.join(', ')}]`,
  );
  return x.map((size, axis) => (dims.includes(axis) ? 1 : size));
}

/** The sum over everything that a tensor of this shape was spread over: the gradient of broadcasting. */
export function summedTo(graph: Recorder<ReduceOps>, dy: Value, shape: Shape): Value {
  const dims = shape.flatMap((size, axis) => (size === 1 && dy.shape[axis] > 1 ? [axis] : []));
  return dims.length === 0 ? dy : graph.apply1('sum', [dy], { dims });
}
