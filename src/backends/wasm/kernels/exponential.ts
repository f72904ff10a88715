import { madd } from './simd';

/**
 * The largest number whose e^v and e^−v are both normal floats, less what rounding may add. What is beyond it is cut off there: a sigmoid
 * of that is as good as 0 or 1.
 */
// @ts-ignore: decorator
@inline
export const LARGEST_POWER: f32 = 87;

/**
 * `value` in all lanes, of a `zero` that no compiler knows to be 0. V8 makes a constant vector anew at each use, in four instructions; what it
 * cannot know, and what stands before a loop, it makes once, and reads it from the stack where registers do not suffice.
 */
// @ts-ignore: decorator
@inline
export function constant(value: f32, zero: i32): v128 {
  return i32x4.splat(reinterpret<i32>(value) | zero);
}

/**
 * e^−v, |v| ≤ LARGEST_POWER, to an ulp and a half; NaN stays NaN. With n = v/ln 2, rounded, it is 2^−n·e^−(v − n·ln 2), whose second factor
 * is a polynomial (minimax, by weighted least squares: 3e−9 of its value). Adding 1.5·2²³ rounds to a whole number, which is then in the
 * low bits: they are moved into an exponent's place. ln 2 is two constants, of which the first has few bits, so that n times it is exact.
 */
// @ts-ignore: decorator
@inline
export function expNegative(v: v128): v128 {
  return powerBy(
    v,
    f32x4.splat(LOG2_E),
    f32x4.splat(MAGIC),
    f32x4.splat(LN2_HIGH),
    f32x4.splat(LN2_LOW),
    f32x4.splat(P6),
    f32x4.splat(P5),
    f32x4.splat(P4),
    f32x4.splat(P3),
    f32x4.splat(P2),
    f32x4.splat(-1),
    f32x4.splat(1),
  );
}

/** The same of constants that are in registers, or near: the bits of `one` are also an exponent of 0 in its place. */
// @ts-ignore: decorator
@inline
export function powerBy(
  v: v128,
  log2e: v128,
  magic: v128,
  high: v128,
  low: v128,
  p6: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  minus: v128,
  one: v128,
): v128 {
  const shifted = madd(v, log2e, magic);
  const n = f32x4.sub(shifted, magic);
  let r = madd(n, high, v);
  r = madd(n, low, r);
  let sum = madd(p6, r, p5);
  sum = madd(sum, r, p4);
  sum = madd(sum, r, p3);
  sum = madd(sum, r, p2);
  sum = madd(sum, r, minus);
  sum = madd(sum, r, one);
  return f32x4.mul(sum, i32x4.sub(one, i32x4.shl(shifted, 23)));
}

// @ts-ignore: decorator
@inline
export const LOG2_E: f32 = 1.4426950216293335;
// @ts-ignore: decorator
@inline
export const MAGIC: f32 = 12582912;
// @ts-ignore: decorator
@inline
export const LN2_HIGH: f32 = -0.693359375;
// @ts-ignore: decorator
@inline
export const LN2_LOW: f32 = 2.12194440e-4;
// @ts-ignore: decorator
@inline
export const P6: f32 = 0.001381459878757596;
// @ts-ignore: decorator
@inline
export const P5: f32 = -0.0083687175065279;
// @ts-ignore: decorator
@inline
export const P4: f32 = 0.04166838899254799;
// @ts-ignore: decorator
@inline
export const P3: f32 = -0.1666652113199234;
// @ts-ignore: decorator
@inline
export const P2: f32 = 0.4999999403953552;
