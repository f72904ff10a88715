import type { ReduceOps } from '../../../graph/ops/reduce.ts';
import { inOrder, placeOf, store } from '../in-order.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const reduceKernels: Kernels<ReduceOps> = {
  sum: (_, [x], [y]) => {
    store(y, sums(x, y));
  },

  mean: (_, [x], [y]) => {
    const count = x.data.length / y.data.length;
    store(
      y,
      sums(x, y).map((sum) => sum / count),
    );
  },

  expand: ({ factor }, [x], [y]) => {
    const values = inOrder(x);
    const spread = (i: number) => factor * values[placeOf(i, y.shape, x.shape)];
    store(
      y,
      Float64Array.from({ length: y.data.length }, (_, i) => spread(i)),
    );
  },
};

/** What lies at each place of y, which broadcasts to x, added up. */
function sums(x: Tensor, y: Tensor): Float64Array {
  const added = new Float64Array(y.data.length);
  inOrder(x).forEach((value, i) => {
    added[placeOf(i, x.shape, y.shape)] += value;
  });
  return added;
}
