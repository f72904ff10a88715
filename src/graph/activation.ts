/** A function of each element by itself: what it gives, and what of a gradient it passes on. */
export interface ActivationRule {
  /** y = f(x). NaN stays NaN. */
  value(x: number): number;
  /** dx = f′·dy, with f′ at `y`: so that only the output must be kept, which the next layer keeps anyway. */
  gradient(dy: number, y: number): number;
}

/** Every activation by the name of its op. The gradient's op is called `<name>_backward`. */
export const activations = {
  /** max(x, 0); −0 becomes 0. */
  relu: {
    value: (x) => Math.max(x, 0),
    // y > 0 exactly where x > 0.
    gradient: (dy, y) => (y > 0 ? dy : 0),
  },
  /** min(max(x, 0), 6), so that few bits hold what it gives (Krizhevsky 2010; MobileNets in TensorFlow and timm). */
  relu6: {
    value: (x) => Math.min(Math.max(x, 0), 6),
    // 0 < y < 6 exactly where 0 < x < 6, where PyTorch lets the gradient through.
    gradient: (dy, y) => (y > 0 && y < 6 ? dy : 0),
  },
} satisfies Record<string, ActivationRule>;

export type ActivationName = keyof typeof activations;

/** What an op applies to its result before it is stored. */
export type Activation = 'none' | ActivationName;

/** y of an op that ends in `activation`. */
export function activated(activation: Activation, x: number): number {
  return activation === 'none' ? x : activations[activation].value(x);
}
