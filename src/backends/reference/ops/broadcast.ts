import { activated, activations } from '../../../graph/activation.ts';
import type { BroadcastOps } from '../../../graph/ops/broadcast.ts';
import { inOrder, placeOf, store } from '../in-order.ts';
import type { Kernel, Kernels, Tensor } from '../kernel.ts';

export const broadcastKernels: Kernels<BroadcastOps> = {
  mul: ({ activation, residual }, [a, b, other], [y]) => {
    const added = residual ? inOrder(other) : undefined;
    elementwise(a, b, y, (one, two, i) => activated(activation, one * two + (added?.[i] ?? 0)));
  },

  mul_backward: ({ activation }, [dy, a, b, y], [da, db, dresidual]) => {
    const [gradient, full, spread] = [inOrder(dy), inOrder(a), inOrder(b)];
    if (activation !== 'none') {
      const result = inOrder(y);
      gradient.forEach((value, i) => {
        gradient[i] = activations[activation].gradient(value, result[i]);
      });
    }
    // The residual's gradient, if it is asked for, is dz.
    if (dresidual as Tensor | undefined) store(dresidual, gradient);
    store(
      da,
      gradient.map((value, i) => value * spread[placeOf(i, dy.shape, b.shape)]),
    );
    const sums = new Float64Array(spread.length);
    gradient.forEach((value, i) => {
      sums[placeOf(i, dy.shape, b.shape)] += value * full[i];
    });
    store(db, sums);
  },

  div: plain((a, b) => a / b),
  sub: plain((a, b) => a - b),
  add_broadcast: plain((a, b) => a + b),

  add_scalar: ({ value }, [x], [y]) => {
    x.data.forEach((one, i) => {
      y.data[i] = one + value;
    });
  },
};

function plain(combine: (a: number, b: number) => number): Kernel<'div' | 'sub' | 'add_broadcast'> {
  return (_, [a, b], [y]) => {
    elementwise(a, b, y, combine);
  };
}

function elementwise(
  a: Tensor,
  b: Tensor,
  y: Tensor,
  combine: (a: number, b: number, index: number) => number,
): void {
  const [one, two] = [inOrder(a), inOrder(b)];
  store(
    y,
    Float64Array.from({ length: y.data.length }, (_, i) =>
      combine(one[placeOf(i, y.shape, a.shape)], two[placeOf(i, y.shape, b.shape)], i),
    ),
  );
}
