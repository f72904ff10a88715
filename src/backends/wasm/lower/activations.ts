import { moreActivations, type MoreActivationName } from '../../../graph/more-activations.ts';
import type { ActivationAttrs, ActivationOps } from '../../../graph/ops/activation.ts';
import * as kernels from '../args/activations.ts';
import { call, type Lowering } from '../call.ts';
import { elementsOf } from './elementwise.ts';

type Later = MoreActivationName | `${MoreActivationName}_backward`;

const names = Object.keys(moreActivations) as MoreActivationName[]; // The keys of a table typed by them.

/** The activations of networks after ResNeXt, and their gradients: one kernel for all of either. */
export const activationLowerings = Object.fromEntries(
  names.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as { readonly [K in Later & keyof ActivationOps]: Lowering<K> }; // By construction: `Object.fromEntries` forgets the keys.

function forward(activation: MoreActivationName): Lowering<MoreActivationName> {
  return {
    calls({ attrs, inputs: [x], outputs: [y] }) {
      const { chunks, elements } = elementsOf(x.shape);
      const args = { x: x.address, y: y.address, activation, slope: slopeOf(attrs), ...elements };
      return [call(kernels.activate, chunks, args)];
    },
  };
}

function backward(activation: MoreActivationName): Lowering<`${MoreActivationName}_backward`> {
  return {
    calls({ attrs, inputs: [dy, x], outputs: [dx] }) {
      const { chunks, elements } = elementsOf(dy.shape);
      const addresses = { dy: dy.address, x: x.address, dx: dx.address };
      const args = { ...addresses, activation, slope: slopeOf(attrs), ...elements };
      return [call(kernels.activateBackward, chunks, args)];
    },
  };
}

/** What no other activation reads. */
function slopeOf(attrs: ActivationAttrs<MoreActivationName>): number {
  return 'negativeSlope' in attrs ? attrs.negativeSlope : 0;
}
