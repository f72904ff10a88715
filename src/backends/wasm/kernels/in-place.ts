import { loadPartial, storePartial } from './strip';

/** What kernels share that change tensors in place, four floats at a time; the last may have fewer lanes. */

// @ts-ignore: decorator
@inline
export function read(at: usize, lanes: usize): v128 {
  return lanes >= 4 ? v128.load(at) : loadPartial(at, <i32>lanes);
}

// @ts-ignore: decorator
@inline
export function write(at: usize, v: v128, lanes: usize): void {
  if (lanes >= 4) v128.store(at, v);
  else storePartial(at, v, <i32>lanes);
}

/**
 * kept·from + rest·to, where kept + rest is 1 but for rounding: from the smaller of both, and so that what does not change
 * stays what it is.
 */
// @ts-ignore: decorator
@inline
export function between(from: v128, to: v128, kept: f32, rest: f32): v128 {
  return rest < kept
    ? f32x4.add(from, f32x4.mul(f32x4.sub(to, from), f32x4.splat(rest)))
    : f32x4.add(to, f32x4.mul(f32x4.sub(from, to), f32x4.splat(kept)));
}
