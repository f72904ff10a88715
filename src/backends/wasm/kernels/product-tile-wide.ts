import { ACCUMULATE, BIAS, RELU, RESIDUAL } from './product-tile';
import { madd } from './simd';

/**
 * `productTile` for a panel of sixteen columns, b[d][16] and out[4×16]: for the build for 256-bit vectors, where two
 * neighbouring accumulators are one register. Each sum is what `productTile` computes, in the same order. Nothing is stored before all is
 * read: two of the rows may be the same.
 */
export function productTileWide(
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
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  let c23 = c00;
  let c30 = c00;
  let c31 = c00;
  let c32 = c00;
  let c33 = c00;
  const end = a + (<usize>depth << 4);
  while (a < end) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let s = v128.load_splat<f32>(a, 0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    c02 = madd(s, b2, c02);
    c03 = madd(s, b3, c03);
    s = v128.load_splat<f32>(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    c12 = madd(s, b2, c12);
    c13 = madd(s, b3, c13);
    s = v128.load_splat<f32>(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    c22 = madd(s, b2, c22);
    c23 = madd(s, b3, c23);
    s = v128.load_splat<f32>(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    c32 = madd(s, b2, c32);
    c33 = madd(s, b3, c33);
    a += 16;
    b += 64;
  }

  if (mode & ACCUMULATE) {
    c00 = f32x4.add(c00, v128.load(o0, 0));
    c01 = f32x4.add(c01, v128.load(o0, 16));
    c02 = f32x4.add(c02, v128.load(o0, 32));
    c03 = f32x4.add(c03, v128.load(o0, 48));
    c10 = f32x4.add(c10, v128.load(o1, 0));
    c11 = f32x4.add(c11, v128.load(o1, 16));
    c12 = f32x4.add(c12, v128.load(o1, 32));
    c13 = f32x4.add(c13, v128.load(o1, 48));
    c20 = f32x4.add(c20, v128.load(o2, 0));
    c21 = f32x4.add(c21, v128.load(o2, 16));
    c22 = f32x4.add(c22, v128.load(o2, 32));
    c23 = f32x4.add(c23, v128.load(o2, 48));
    c30 = f32x4.add(c30, v128.load(o3, 0));
    c31 = f32x4.add(c31, v128.load(o3, 16));
    c32 = f32x4.add(c32, v128.load(o3, 32));
    c33 = f32x4.add(c33, v128.load(o3, 48));
  } else {
    if (mode & RESIDUAL) {
      c00 = f32x4.add(c00, v128.load(o0 + residual, 0));
      c01 = f32x4.add(c01, v128.load(o0 + residual, 16));
      c02 = f32x4.add(c02, v128.load(o0 + residual, 32));
      c03 = f32x4.add(c03, v128.load(o0 + residual, 48));
      c10 = f32x4.add(c10, v128.load(o1 + residual, 0));
      c11 = f32x4.add(c11, v128.load(o1 + residual, 16));
      c12 = f32x4.add(c12, v128.load(o1 + residual, 32));
      c13 = f32x4.add(c13, v128.load(o1 + residual, 48));
      c20 = f32x4.add(c20, v128.load(o2 + residual, 0));
      c21 = f32x4.add(c21, v128.load(o2 + residual, 16));
      c22 = f32x4.add(c22, v128.load(o2 + residual, 32));
      c23 = f32x4.add(c23, v128.load(o2 + residual, 48));
      c30 = f32x4.add(c30, v128.load(o3 + residual, 0));
      c31 = f32x4.add(c31, v128.load(o3 + residual, 16));
      c32 = f32x4.add(c32, v128.load(o3 + residual, 32));
      c33 = f32x4.add(c33, v128.load(o3 + residual, 48));
    }
    if (mode & BIAS) {
      const b0 = v128.load(bias, 0);
      const b1 = v128.load(bias, 16);
      const b2 = v128.load(bias, 32);
      const b3 = v128.load(bias, 48);
      c00 = f32x4.add(c00, b0);
      c01 = f32x4.add(c01, b1);
      c02 = f32x4.add(c02, b2);
      c03 = f32x4.add(c03, b3);
      c10 = f32x4.add(c10, b0);
      c11 = f32x4.add(c11, b1);
      c12 = f32x4.add(c12, b2);
      c13 = f32x4.add(c13, b3);
      c20 = f32x4.add(c20, b0);
      c21 = f32x4.add(c21, b1);
      c22 = f32x4.add(c22, b2);
      c23 = f32x4.add(c23, b3);
      c30 = f32x4.add(c30, b0);
      c31 = f32x4.add(c31, b1);
      c32 = f32x4.add(c32, b2);
      c33 = f32x4.add(c33, b3);
    }
  }

  if (mode & RELU) {
    const zero = f32x4.splat(0);
    c00 = f32x4.pmax(c00, zero);
    c01 = f32x4.pmax(c01, zero);
    c02 = f32x4.pmax(c02, zero);
    c03 = f32x4.pmax(c03, zero);
    c10 = f32x4.pmax(c10, zero);
    c11 = f32x4.pmax(c11, zero);
    c12 = f32x4.pmax(c12, zero);
    c13 = f32x4.pmax(c13, zero);
    c20 = f32x4.pmax(c20, zero);
    c21 = f32x4.pmax(c21, zero);
    c22 = f32x4.pmax(c22, zero);
    c23 = f32x4.pmax(c23, zero);
    c30 = f32x4.pmax(c30, zero);
    c31 = f32x4.pmax(c31, zero);
    c32 = f32x4.pmax(c32, zero);
    c33 = f32x4.pmax(c33, zero);
  }
  // The upper half first: V8 then leaves out the narrow store that it keeps in case the wide one traps.
  v128.store(o0, c01, 16);
  v128.store(o0, c00, 0);
  v128.store(o0, c03, 48);
  v128.store(o0, c02, 32);
  v128.store(o1, c11, 16);
  v128.store(o1, c10, 0);
  v128.store(o1, c13, 48);
  v128.store(o1, c12, 32);
  v128.store(o2, c21, 16);
  v128.store(o2, c20, 0);
  v128.store(o2, c23, 48);
  v128.store(o2, c22, 32);
  v128.store(o3, c31, 16);
  v128.store(o3, c30, 0);
  v128.store(o3, c33, 48);
  v128.store(o3, c32, 32);
}
