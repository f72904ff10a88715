/** What leaky ReLU multiplies numbers below 0 by, as in PyTorch where nothing says otherwise. */
export const usualSlope = 0.01;

/** A function of each element by itself: what it gives, and what of a gradient it passes on. */
export interface ActivationRule {
  /** y = f(x). NaN stays NaN. `slope` is that of leaky ReLU below 0; what is fused has the usual one. */
  readonly value: (x: number, slope?: number) => number;
  /**
   * What f′ is computed from. `y` where y determines it and the next layer keeps it anyway: then any op that ends in the function can be
   * differentiated. With `x` only an op can that has kept what f was applied to, or computes it again.
   */
  readonly slopeFrom: 'x' | 'y';
  /** dx = f′·dy, where `at` is x or y, by `slopeFrom`. */
  readonly gradient: (dy: number, at: number, slope?: number) => number;
}
