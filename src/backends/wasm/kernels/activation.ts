import { Activation } from './args.generated';
import { LINEAGE } from './simd';

/**
 * What kernels apply to a result before they store it, by the code of their `activation` argument. NaN stays NaN:
 * pmax(v, 0) is "v < 0 ? 0 : v", and pmin(v, 6) is "6 < v ? 6 : v". −0 stays −0 here, and equals the 0 that others give.
 */

/** `activation` of four numbers. */
// @ts-ignore: decorator
@inline
export function activate(v: v128, activation: i32): v128 {
  if (activation == Activation.none) return v;
  return activateRest(f32x4.pmax(v, f32x4.splat(0)), activation);
}

/** `activation` of one number. */
// @ts-ignore: decorator
@inline
export function activateOne(value: f32, activation: i32): f32 {
  if (activation == Activation.none) return value;
  if (value < 0) return 0;
  return activation == Activation.relu6 && value > 6 ? 6 : value;
}

/**
 * For loops without a branch for each vector: the activation is `activateRest(pmax(v, activationFloor))`. Of `none` and `relu`
 * the rest is nothing, so that one branch for several vectors, or outside of the loop, does.
 */
// @ts-ignore: decorator
@inline
export function activationFloor(activation: i32): f32 {
  return activation == Activation.none ? -Infinity : 0;
}

/** Whether `activateRest` does anything. */
// @ts-ignore: decorator
@inline
export function activationHasRest(activation: i32): bool {
  return activation > Activation.relu;
}

// @ts-ignore: decorator
@inline
export function activateRest(v: v128, activation: i32): v128 {
  return activation == Activation.relu6 ? f32x4.pmin(v, f32x4.splat(6)) : v;
}

/** The activation of four numbers in a loop that knows whether it has a rest (`capped`, a constant, then ReLU6) or is a floor alone. */
// @ts-ignore: decorator
@inline
export function limited(v: v128, floor: v128, capped: bool): v128 {
  const above = f32x4.pmax(v, floor);
  return capped ? f32x4.pmin(above, f32x4.splat(6)) : above;
}

/** Lanes in which a gradient goes on, of y after an activation that has a rest (`capped`, a constant) or is ReLU. */
// @ts-ignore: decorator
@inline
export function activePart(y: v128, capped: bool): v128 {
  const positive = f32x4.gt(y, f32x4.splat(0));
  return capped ? v128.and(positive, f32x4.lt(y, f32x4.splat(6))) : positive;
}

/**
 * Whether an activation is one of those after ResNeXt, which builds have where `LINEAGE` is true. These are more than a tile has
 * registers for: tiles are stored without one (`inTile`), and what is in the cache then is gone over once more (`activate_rows`).
 */
// @ts-ignore: decorator
@inline
export function isLater(activation: i32): bool {
  return activation > Activation.relu6;
}

/** The part of an activation that is applied to a tile before it is stored. */
// @ts-ignore: decorator
@inline
export function inTile(activation: i32): i32 {
  if (LINEAGE) return isLater(activation) ? Activation.none : activation;
  return activation;
}
