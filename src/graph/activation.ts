/** A function of each element by itself: what it gives, and what of a gradient it passes on. */
export interface ActivationRule {
  /** y = f(x). NaN stays NaN. */
  readonly value: (x: number) => number;
  /**
   * What f′ is computed from. `y` wherever y determines it: the next layer keeps it anyway, and only such a function
   * can be fused into the op before it in training.
   */
  readonly slopeFrom: 'x' | 'y';
  /** dx = f′·dy, where `at` is x or y, by `slopeFrom`. */
  readonly gradient: (dy: number, at: number) => number;
}

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

export type ActivationName = keyof typeof rules;

/** Every activation by the name of its op; the op of its gradient is called `<name>_backward`. */
export const activations: Readonly<Record<ActivationName, ActivationRule>> = rules;

/** An activation that the op before it may end in, and be differentiated: it keeps what it gives, not what f was applied to. */
type Fusable = {
  [K in ActivationName]: (typeof rules)[K]['slopeFrom'] extends 'y' ? K : never;
}[ActivationName];

/** What an op applies to its result before it is stored. */
export type Activation = 'none' | Fusable;

export const activationNames = Object.keys(rules) as ActivationName[]; // The keys of the table above.

/** y of an op that ends in `activation`. */
export function activated(activation: Activation, x: number): number {
  return activation === 'none' ? x : activations[activation].value(x);
}

/** Whether it is the op of an activation by itself. */
export function isActivation(op: string): op is ActivationName {
  return Object.hasOwn(activations, op);
}

/** Whether it is one that the op before it may end in. */
export function isFusable(op: string): op is Fusable {
  return isActivation(op) && activations[op].slopeFrom === 'y';
}
