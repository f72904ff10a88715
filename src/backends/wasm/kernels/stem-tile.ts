import { Activation } from './args.generated';
import { activationHasRest } from './activation';
import { TILE_ROWS } from './product-tile';
import { madd, VECTOR } from './simd';

/** Bytes from the pixels that one output place sees to those of the next: two of three channels. */
// @ts-ignore: decorator
@inline
export const STEM_STEP: usize = 24;

/**
 * A tile of `stem`: six output places that follow each other × 8 channels, or four, the sums in registers throughout. `a` is the first number
 * that the first place sees, in rows `line` bytes apart, `run` bytes of each; `b` the weights of eight channels, [tap, c][8]. `bias` may be 0.
 * Sums go as those of `productTile`: over rows of the filter, its columns and channels, then the bias, then ReLU or ReLU6.
 * Bound by arithmetic: two loads and six splats for twelve multiply–adds.
 *
 * @widen
 */
export function stem_tile(
  a: usize,
  line: usize,
  rows: i32,
  run: usize,
  b: usize,
  out: usize,
  outStep: usize,
  bias: usize,
  activation: i32,
): void {
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
  for (let row = 0; row < rows; row++) {
    const end = a + run;
    for (let at = a; at < end; at += 4) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, VECTOR);
      let s = v128.load_splat<f32>(at, 0);
      c00 = madd(s, b0, c00);
      c01 = madd(s, b1, c01);
      s = v128.load_splat<f32>(at, STEM_STEP);
      c10 = madd(s, b0, c10);
      c11 = madd(s, b1, c11);
      s = v128.load_splat<f32>(at, 2 * STEM_STEP);
      c20 = madd(s, b0, c20);
      c21 = madd(s, b1, c21);
      s = v128.load_splat<f32>(at, 3 * STEM_STEP);
      c30 = madd(s, b0, c30);
      c31 = madd(s, b1, c31);
      if (TILE_ROWS > 4) {
        s = v128.load_splat<f32>(at, 4 * STEM_STEP);
        c40 = madd(s, b0, c40);
        c41 = madd(s, b1, c41);
        s = v128.load_splat<f32>(at, 5 * STEM_STEP);
        c50 = madd(s, b0, c50);
        c51 = madd(s, b1, c51);
      }
      b += 2 * VECTOR;
    }
    a += line;
  }
  if (bias) {
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
  v128.store(out, c00);
  v128.store(out, c01, VECTOR);
  out += outStep;
  v128.store(out, c10);
  v128.store(out, c11, VECTOR);
  out += outStep;
  v128.store(out, c20);
  v128.store(out, c21, VECTOR);
  out += outStep;
  v128.store(out, c30);
  v128.store(out, c31, VECTOR);
  if (TILE_ROWS > 4) {
    out += outStep;
    v128.store(out, c40);
    v128.store(out, c41, VECTOR);
    out += outStep;
    v128.store(out, c50);
    v128.store(out, c51, VECTOR);
  }
}
