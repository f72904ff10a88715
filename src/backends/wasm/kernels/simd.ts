/**
 * Helpers that every kernel shares. Kernels own no static data and no heap, so that one instance per thread over one memory is
 * safe.
 */

/**
 * a·b + c. One rounding or two: relaxed SIMD leaves it to the machine. The build without relaxed SIMD always rounds twice.
 * A constant of the compiler, so no branch is left in either module.
 */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Whether the module is built for an engine that makes one 256-bit operation of two neighbouring 128-bit ones. A constant of
 * the compiler: `wide.ts` is compiled along, or it is not.
 */
// @ts-ignore: decorator
@inline
export const WIDE: bool = isDefined(WIDE_VECTORS);

/** Whether the module has what networks after ResNeXt need, in the same way: by `lineage.ts`. */
// @ts-ignore: decorator
@inline
export const LINEAGE: bool = isDefined(LINEAGE_KERNELS);

/**
 * Whether twelve sums, two vectors and a splat fit the 15 registers that V8 has on x64: not where the product of a multiply–add takes one.
 * A constant of the compiler.
 */
// @ts-ignore: decorator
@inline
export const TWELVE_FIT: bool = ASC_FEATURE_RELAXED_SIMD;

/** Bytes and floats of a vector: of 128 bits, and of 256 in what scripts/widen.ts makes of a function that is tagged `@widen`. */
// @ts-ignore: decorator
@inline
export const VECTOR: usize = 16;
// @ts-ignore: decorator
@inline
export const LANES: i32 = 4;

/** Sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function horizontalSum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}
