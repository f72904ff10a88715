/** `mix` of base/rng.ts (lowbias32, Chris Wellons). */
// @ts-ignore: decorator
@inline
export function hash(value: i32): i32 {
  let x = <u32>value;
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

/** Four of them. */
// @ts-ignore: decorator
@inline
export function hash4(value: v128): v128 {
  let x = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}
