import { Activation } from './args.generated';
import { activationHasRest, limited } from './activation';
import { madd, VECTOR } from './simd';

/*
 * The register tile of every matmul. Bound by arithmetic: on what lies in the first-level cache 4×8 does 67 GFLOP/s a thread
 * and 4×16, in 256-bit vectors, 124, of the 72 and 143 of chains in registers (docs/LOG.md).
 */

/** Bits of a tile's mode; from bit `ACTIVATION` on it holds the code of an activation. */
// @ts-ignore: decorator
@inline
export const ACCUMULATE: i32 = 1;
// @ts-ignore: decorator
@inline
export const BIAS: i32 = 2;
// @ts-ignore: decorator
@inline
export const RESIDUAL: i32 = 4;
// @ts-ignore: decorator
@inline
export const ACTIVATION: i32 = 3;

/** Rows and columns of a tile: 8 accumulators, 2 vectors of B and 1 of A fit the 15 registers V8 has on x64. */
// @ts-ignore: decorator
@inline
export const TILE_ROWS: i32 = 4;
// @ts-ignore: decorator
@inline
export const TILE_COLUMNS: i32 = 8;
/** Columns of `productTile_wide`, and of a panel that is packed for it. A power of two. */
// @ts-ignore: decorator
@inline
export const WIDE_COLUMNS: i32 = 2 * TILE_COLUMNS;

/**
 * out[4×8] = Σ over `depth` of a[d][4] ⊗ b[d][8], both packed, the sums in registers throughout. `outs` holds the
 * addresses of the four output rows, `column` the byte offset of the tile in them; `residual` is the distance from an
 * output to its residual in bytes. The sum starts from what is there (ACCUMULATE), or from BIAS and RESIDUAL.
 * Nothing is stored before all is read, since two of the rows may be the same. Whole: its eight accumulators are registers.
 *
 * @widen
 */
export function productTile(
  a: usize,
  b: usize,
  depth: i32,
  outs: usize,
  column: usize,
  bias: usize,
  residual: usize,
  mode: i32,
): void {
  const o0 = <usize>load<u32>(outs, 0) + column;
  const o1 = <usize>load<u32>(outs, 4) + column;
  const o2 = <usize>load<u32>(outs, 8) + column;
  const o3 = <usize>load<u32>(outs, 12) + column;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  // One step a turn: V8 unrolls it, and given two it runs out of registers in the build without relaxed SIMD.
  const end = a + (<usize>depth << 4);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, VECTOR);
    let s = v128.load_splat<f32>(a, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    a += 16;
    b += 2 * VECTOR;
  }

  if (mode & ACCUMULATE) {
    c00 = f32x4.add(c00, v128.load(o0));
    c01 = f32x4.add(c01, v128.load(o0, VECTOR));
    c10 = f32x4.add(c10, v128.load(o1));
    c11 = f32x4.add(c11, v128.load(o1, VECTOR));
    c20 = f32x4.add(c20, v128.load(o2));
    c21 = f32x4.add(c21, v128.load(o2, VECTOR));
    c30 = f32x4.add(c30, v128.load(o3));
    c31 = f32x4.add(c31, v128.load(o3, VECTOR));
  } else {
    if (mode & RESIDUAL) {
      c00 = f32x4.add(c00, v128.load(o0 + residual));
      c01 = f32x4.add(c01, v128.load(o0 + residual, VECTOR));
      c10 = f32x4.add(c10, v128.load(o1 + residual));
      c11 = f32x4.add(c11, v128.load(o1 + residual, VECTOR));
      c20 = f32x4.add(c20, v128.load(o2 + residual));
      c21 = f32x4.add(c21, v128.load(o2 + residual, VECTOR));
      c30 = f32x4.add(c30, v128.load(o3 + residual));
      c31 = f32x4.add(c31, v128.load(o3 + residual, VECTOR));
    }
    if (mode & BIAS) {
      const b0 = v128.load(bias);
      const b1 = v128.load(bias, VECTOR);
      c00 = f32x4.add(c00, b0);
      c01 = f32x4.add(c01, b1);
      c10 = f32x4.add(c10, b0);
      c11 = f32x4.add(c11, b1);
      c20 = f32x4.add(c20, b0);
      c21 = f32x4.add(c21, b1);
      c30 = f32x4.add(c30, b0);
      c31 = f32x4.add(c31, b1);
    }
  }

  const activation = mode >> ACTIVATION;
  if (activation != Activation.none) {
    const zero = f32x4.splat(0);
    if (activationHasRest(activation)) {
      c00 = limited(c00, zero, true);
      c01 = limited(c01, zero, true);
      c10 = limited(c10, zero, true);
      c11 = limited(c11, zero, true);
      c20 = limited(c20, zero, true);
      c21 = limited(c21, zero, true);
      c30 = limited(c30, zero, true);
      c31 = limited(c31, zero, true);
    } else {
      c00 = limited(c00, zero, false);
      c01 = limited(c01, zero, false);
      c10 = limited(c10, zero, false);
      c11 = limited(c11, zero, false);
      c20 = limited(c20, zero, false);
      c21 = limited(c21, zero, false);
      c30 = limited(c30, zero, false);
      c31 = limited(c31, zero, false);
    }
  }
  v128.store(o0, c00);
  v128.store(o0, c01, VECTOR);
  v128.store(o1, c10);
  v128.store(o1, c11, VECTOR);
  v128.store(o2, c20);
  v128.store(o2, c21, VECTOR);
  v128.store(o3, c30);
  v128.store(o3, c31, VECTOR);
}
