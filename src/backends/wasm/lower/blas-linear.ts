import type { Lowering } from '../call.ts';
import { blasProduct, denseProduct, partsOf, type BlasUse } from './blas-product.ts';
import { noFinish } from './finish.ts';

/** y N×K = x N×C · wᵀ + bias. */
export function linear(use: BlasUse): Lowering<'linear'> {
  return {
    calls: ({ attrs, inputs: [x, w, bias], outputs: [y], keep }) => {
      const product = {
        ...{ m: x.shape[0], n: w.shape[0], k: w.shape[1], a: x.address, c: y.address },
        ...{ ...noFinish, bias: attrs.bias ? bias.address : undefined },
      };
      return denseProduct(use, product, w, keep);
    },
  };
}

/** dx N×C = dy N×K · w. */
export function linearBackwardInput(use: BlasUse): Lowering<'linear_backward_input'> {
  const parts = partsOf(use);
  return {
    calls: ({ inputs: [dy, w], outputs: [dx] }) => {
      const [m, k, n] = [dy.shape[0], w.shape[0], w.shape[1]];
      return [blasProduct({ m, n, k, a: dy.address, b: w.address, c: dx.address }, parts)];
    },
  };
}

/** dw K×C = dyᵀ · x. */
export function linearBackwardWeight(use: BlasUse): Lowering<'linear_backward_weight'> {
  const parts = partsOf(use);
  return {
    calls: ({ inputs: [dy, x], outputs: [dw] }) => {
      const [m, n, k] = [dw.shape[0], dw.shape[1], dy.shape[0]];
      const sides = { a: dy.address, b: x.address, c: dw.address, transposeA: true };
      return [blasProduct({ m, n, k, ...sides }, parts)];
    },
  };
}
