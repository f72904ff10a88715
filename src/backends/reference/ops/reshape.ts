import type { ReshapeOps } from '../../../graph/ops/reshape.ts';
import { inOrder, store } from '../in-order.ts';
import type { Kernels } from '../kernel.ts';

export const reshapeKernels: Kernels<ReshapeOps> = {
  reshape: (_, [x], [y]) => {
    store(y, inOrder(x));
  },

  permute: ({ dims }, [x], [y]) => {
    const values = inOrder(x);
    const steps = x.shape.map((_, axis) =>
      x.shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const place = (index: number) => {
      let [at, rest] = [0, index];
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        at += (rest % y.shape[axis]) * steps[dims[axis]];
        rest = Math.floor(rest / y.shape[axis]);
      }
      return at;
    };
    store(
      y,
      Float64Array.from({ length: values.length }, (_, i) => values[place(i)]),
    );
  },
};
