import type { ActivationRule } from './activation-rule.ts';
import { moreActivations, type MoreActivationName } from './more-activations.ts';

const rules = {
  /** max(x, 0); −0 becomes 0. */
  relu: {
    value: (x) => Math.max(x, 0),
    // y > 0 exactly where x > 0.
    slopeFrom: 'y',
    gradient: (dy, y) => (y > 0 ? dy : 0),
  },
  /** min(max(x, 0), 6), so that few bits hold what it gives (Krizhevsky 2010; MobileNets in TensorFlow and timm). */
  relu6: {
    value: (x) => Math.min(Math.max(x, 0), 6),
    // 0 < y < 6 exactly where 0 < x < 6, where PyTorch lets the gradient through.
    slopeFrom: 'y',
    gradient: (dy, y) => (y > 0 && y < 6 ? dy : 0),
  },
  /** relu6(x + 3)/6 (Howard et al. 2019, section 5.2), as torch.nn.Hardsigmoid. */
  hardsigmoid: {
    value: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    // The largest f32 below 3 gives 1 already, and PyTorch lets its gradient through.
    slopeFrom: 'x',
    gradient: (dy, x) => (x > -3 && x < 3 ? dy / 6 : 0),
  },
} satisfies Record<string, ActivationRule>;

export type ActivationName = keyof typeof rules | MoreActivationName;

/** Every activation by the name of its op; the op of its gradient is called `<name>_backward`. */
export const activations: Readonly<Record<ActivationName, ActivationRule>> = { ...rules, ...moreActivations };

/** What an op applies to its result before it is stored. */
export type Activation = 'none' | ActivationName;

export const activationNames = Object.keys(activations) as ActivationName[]; // The keys of the table above.

/** y of an op that ends in `activation`. */
export function activated(activation: Activation, x: number): number {
  return activation === 'none' ? x : activations[activation].value(x);
}

/** Whether it is the op of an activation by itself. */
export function isActivation(op: string): op is ActivationName {
  return Object.hasOwn(activations, op);
}
