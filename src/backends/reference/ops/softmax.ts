import type { SoftmaxOps } from '../../../graph/ops/softmax.ts';
import type { Shape } from '../../../graph/value.ts';
import { inOrder, store } from '../in-order.ts';
import type { Kernels } from '../kernel.ts';

export const softmaxKernels: Kernels<SoftmaxOps> = {
  softmax: ({ dim }, [x], [y]) => {
    const values = inOrder(x);
    forEachLine(x.shape, dim, (places) => {
      const most = places.reduce((largest, at) => Math.max(largest, values[at]), -Infinity);
      const terms = places.map((at) => Math.exp(values[at] - most));
      const sum = terms.reduce((all, term) => all + term, 0);
      places.forEach((at, index) => {
        values[at] = terms[index] / sum;
      });
    });
    store(y, values);
  },

  softmax_backward: ({ dim }, [dy, y], [dx]) => {
    const [gradient, values] = [inOrder(dy), inOrder(y)];
    forEachLine(y.shape, dim, (places) => {
      const sum = places.reduce((all, at) => all + gradient[at] * values[at], 0);
      for (const at of places) values[at] *= gradient[at] - sum;
    });
    store(dx, values);
  },
};

/** Visits the elements along an axis, in PyTorch's order, for each place on the others. */
function forEachLine(shape: Shape, dim: number, visit: (places: readonly number[]) => void): void {
  const step = shape.slice(dim + 1).reduce((product, size) => product * size, 1);
  const count = shape.slice(0, dim).reduce((product, size) => product * size, 1);
  for (let outer = 0; outer < count; outer++) {
    for (let inner = 0; inner < step; inner++) {
      visit(Array.from({ length: shape[dim] }, (_, i) => (outer * shape[dim] + i) * step + inner));
    }
  }
}
