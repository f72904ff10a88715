import { activated } from '../../../graph/activation.ts';
import type { ArithmeticOps } from '../../../graph/ops/arithmetic.ts';
import type { Kernels } from '../kernel.ts';

export const arithmeticKernels: Kernels<ArithmeticOps> = {
  add: (attrs, [a, b], [sum]) => {
    for (let i = 0; i < a.data.length; i++) {
      sum.data[i] = activated(attrs.activation, a.data[i] + b.data[i]);
    }
  },

  scale: ({ factor }, [x], [y]) => {
    for (let i = 0; i < x.data.length; i++) y.data[i] = factor * x.data[i];
  },
};
