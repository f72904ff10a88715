import { Activation } from './args.generated';
import { activationHasRest } from './activation';
import { madd, TWELVE_FIT, VECTOR, WIDE } from './simd';

/*
 * The register tile of every matmul. Bound by arithmetic: on what lies in the first-level cache 4×16 does 124 GFLOP/s a thread in 256-bit
 * vectors, of the 143 of chains in registers (docs/LOG.md); 6×8 in 128 bits does what such chains do, where 4×8 does 0.85 to 0.95 of
 * it (docs/performance.md).
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

/**
 * Rows of a tile. Of six, 12 accumulators, 2 vectors of B and 1 of A are the 15 registers that V8 has on x64, and 12 chains hide the
 * latency of two multiply–adds at a time, which 8 barely do. Four where six spill: in 256-bit vectors, and where a multiplication and its
 * addition are two operations.
 */
// @ts-ignore: decorator
@inline
export const TILE_ROWS: i32 = TWELVE_FIT && !WIDE ? 6 : 4;
/** Bytes of a packed column of A: one number of each row. */
// @ts-ignore: decorator
@inline
export const ROWS_BYTES: usize = TILE_ROWS * 4;
// @ts-ignore: decorator
@inline
export const TILE_COLUMNS: i32 = 8;
/** Columns of `productTile_wide`, and of a panel that is packed for it. A power of two. */
// @ts-ignore: decorator
@inline
export const WIDE_COLUMNS: i32 = 2 * TILE_COLUMNS;

/**
 * out[6×8] = Σ over `depth` of a[d][6] ⊗ b[d][8], or of 4 for 6, both packed, the sums in registers throughout. `outs` holds the
 * addresses of the output rows, `column` the byte offset of the tile in them; `residual` is the distance from an
 * output to its residual in bytes. The sum starts from what is there (ACCUMULATE), or from BIAS and RESIDUAL.
 * Nothing is stored before all is read, since several rows may be the same. Whole: its accumulators are registers.
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
  const o4 = TILE_ROWS > 4 ? <usize>load<u32>(outs, 16) + column : 0;
  const o5 = TILE_ROWS > 4 ? <usize>load<u32>(outs, 20) + column : 0;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  // One step a turn: V8 unrolls it, and given two it runs out of registers in the build without relaxed SIMD.
  const end = a + <usize>depth * ROWS_BYTES;
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
    if (TILE_ROWS > 4) {
      s = v128.load_splat<f32>(a, 16);
      c40 = madd(s, b0, c40);
      c41 = madd(s, b1, c41);
      s = v128.load_splat<f32>(a, 20);
      c50 = madd(s, b0, c50);
      c51 = madd(s, b1, c51);
    }
    a += ROWS_BYTES;
    b += 2 * VECTOR;
  }

  if (mode & (ACCUMULATE | RESIDUAL)) {
    const added: usize = mode & ACCUMULATE ? 0 : residual;
    c00 = f32x4.add(c00, v128.load(o0 + added));
    c01 = f32x4.add(c01, v128.load(o0 + added, VECTOR));
    c10 = f32x4.add(c10, v128.load(o1 + added));
    c11 = f32x4.add(c11, v128.load(o1 + added, VECTOR));
    c20 = f32x4.add(c20, v128.load(o2 + added));
    c21 = f32x4.add(c21, v128.load(o2 + added, VECTOR));
    c30 = f32x4.add(c30, v128.load(o3 + added));
    c31 = f32x4.add(c31, v128.load(o3 + added, VECTOR));
    if (TILE_ROWS > 4) {
      c40 = f32x4.add(c40, v128.load(o4 + added));
      c41 = f32x4.add(c41, v128.load(o4 + added, VECTOR));
      c50 = f32x4.add(c50, v128.load(o5 + added));
      c51 = f32x4.add(c51, v128.load(o5 + added, VECTOR));
    }
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
    if (TILE_ROWS > 4) {
      c40 = f32x4.add(c40, b0);
      c41 = f32x4.add(c41, b1);
      c50 = f32x4.add(c50, b0);
      c51 = f32x4.add(c51, b1);
    }
  }
  const activation = mode >> ACTIVATION;
  if (activation != Activation.none) {
    const zero = f32x4.splat(0);
    c00 = f32x4.pmax(c00, zero);
    c01 = f32x4.pmax(c01, zero);
    c10 = f32x4.pmax(c10, zero);
    c11 = f32x4.pmax(c11, zero);
    c20 = f32x4.pmax(c20, zero);
    c21 = f32x4.pmax(c21, zero);
    c30 = f32x4.pmax(c30, zero);
    c31 = f32x4.pmax(c31, zero);
    if (TILE_ROWS > 4) {
      c40 = f32x4.pmax(c40, zero);
      c41 = f32x4.pmax(c41, zero);
      c50 = f32x4.pmax(c50, zero);
      c51 = f32x4.pmax(c51, zero);
    }
  }
  if (activationHasRest(activation)) {
    const six = f32x4.splat(6);
    c00 = f32x4.pmin(c00, six);
    c01 = f32x4.pmin(c01, six);
    c10 = f32x4.pmin(c10, six);
    c11 = f32x4.pmin(c11, six);
    c20 = f32x4.pmin(c20, six);
    c21 = f32x4.pmin(c21, six);
    c30 = f32x4.pmin(c30, six);
    c31 = f32x4.pmin(c31, six);
    if (TILE_ROWS > 4) {
      c40 = f32x4.pmin(c40, six);
      c41 = f32x4.pmin(c41, six);
      c50 = f32x4.pmin(c50, six);
      c51 = f32x4.pmin(c51, six);
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
  if (TILE_ROWS > 4) {
    v128.store(o4, c40);
    v128.store(o4, c41, VECTOR);
    v128.store(o5, c50);
    v128.store(o5, c51, VECTOR);
  }
}
