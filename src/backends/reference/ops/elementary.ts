import { elementary, elementaryNames, type ElementaryName } from '../../../graph/elementary.ts';
import type { ElementaryOps } from '../../../graph/ops/elementary.ts';
import type { Kernel, Kernels } from '../kernel.ts';

/** The two ops of every function, made of what the graph says of it. */
export const elementaryKernels = Object.fromEntries(
  elementaryNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as Kernels<ElementaryOps>; // By construction: `Object.fromEntries` forgets the keys.

function forward(name: ElementaryName): Kernel<ElementaryName> {
  const { value } = elementary[name];
  return (_, [x], [y]) => {
    x.data.forEach((one, at) => {
      y.data[at] = value(one);
    });
  };
}

function backward(name: ElementaryName): Kernel<`${ElementaryName}_backward`> {
  const { slope } = elementary[name];
  return (_, [dy, x], [dx]) => {
    x.data.forEach((one, at) => {
      dx.data[at] = dy.data[at] * slope(one);
    });
  };
}
