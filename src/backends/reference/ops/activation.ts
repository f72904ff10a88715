import { activationNames, activations, type ActivationName } from '../../../graph/activation.ts';
import type { ActivationAttrs, ActivationOps } from '../../../graph/ops/activation.ts';
import type { Kernel, Kernels } from '../kernel.ts';

/** The two ops of every activation, made of what the graph says of it. */
export const activationKernels = Object.fromEntries(
  activationNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as Kernels<ActivationOps>; // By construction: `Object.fromEntries` forgets the keys.

function forward(name: ActivationName): Kernel<ActivationName> {
  const { value } = activations[name];
  return (attrs, [x], [y]) => {
    const slope = slopeOf(attrs);
    for (let i = 0; i < x.data.length; i++) y.data[i] = value(x.data[i], slope);
  };
}

function backward(name: ActivationName): Kernel<`${ActivationName}_backward`> {
  const { gradient } = activations[name];
  return (attrs, [dy, at], [dx]) => {
    const slope = slopeOf(attrs);
    for (let i = 0; i < dy.data.length; i++) dx.data[i] = gradient(dy.data[i], at.data[i], slope);
  };
}

function slopeOf(attrs: ActivationAttrs<ActivationName>): number | undefined {
  return 'negativeSlope' in attrs ? attrs.negativeSlope : undefined;
}
