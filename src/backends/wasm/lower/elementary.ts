import { elementaryNames, type ElementaryName } from '../../../graph/elementary.ts';
import type { ElementaryOps } from '../../../graph/ops/elementary.ts';
import * as kernels from '../args/elementary.ts';
import { call, type Lowering } from '../call.ts';
import { elementsOf } from './elementwise.ts';

/** What a kernel calls a function. */
const codes: Readonly<Record<ElementaryName, number>> = { exp: 0, log: 1, abs: 2, sqrt: 3, softplus: 4 };

/** Functions of one number and their gradients: one kernel for all of either. */
export const elementaryLowerings = Object.fromEntries(
  elementaryNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as { readonly [K in keyof ElementaryOps]: Lowering<K> }; // By construction: `Object.fromEntries` forgets the keys.

function forward(name: ElementaryName): Lowering<ElementaryName> {
  const which = codes[name];
  return {
    calls({ inputs: [x], outputs: [y] }) {
      const { chunks, elements } = elementsOf(x.shape);
      return [call(kernels.elementaryValue, chunks, { x: x.address, y: y.address, which, ...elements })];
    },
  };
}

function backward(name: ElementaryName): Lowering<`${ElementaryName}_backward`> {
  const which = codes[name];
  return {
    calls({ inputs: [dy, x], outputs: [dx] }) {
      const { chunks, elements } = elementsOf(x.shape);
      const addresses = { dy: dy.address, x: x.address, dx: dx.address };
      return [call(kernels.elementarySlope, chunks, { ...addresses, which, ...elements })];
    },
  };
}
