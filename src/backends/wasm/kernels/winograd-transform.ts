import { activationFloor, activationHasRest } from './activation';
import { VECTOR } from './simd';

/**
 * The transforms of Winograd's F(2×2, 3×3) (Lavin and Gray 2015, arXiv:1509.09308): a 3×3 convolution at stride 1 of a 4×4
 * tile d with weights g is Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, 16 products for 2×2 outputs instead of 36, with
 *
 *     Bᵀ = 1  0 −1  0     G = 1   0   0     Aᵀ = 1  1  1  0
 *          0  1  1  0         ½   ½   ½          0  1 −1 −1
 *          0 −1  1  0         ½  −½   ½
 *          0  1  0 −1         0   0   1
 *
 * A place is one of the 16 elements of a transformed tile; places are `placeBytes` apart. Each function goes over all channels, a
 * vector at a time, which lie one behind the other in a pixel and in planes that are `planeBytes` apart among transformed tiles.
 * Bound by loads and stores, with one or two additions to each. What is live fits the 15 registers that V8 has on x64. Of a pair of
 * vectors (scripts/widen.ts) both are loaded, computed and stored together, hence pointers that move on instead of offsets that
 * would be many.
 */

/**
 * out ← Bᵀ d B, for the tile whose first pixel is at `from`.
 *
 * @widen
 */
export function winograd_input(
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  channels: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  inputOf(false, from, rowBytes, pixelBytes, channels, out, planeBytes, placeBytes);
}

/**
 * The same for a tile whose 16 pixels are where `table` says.
 *
 * @widen
 */
export function winograd_input_border(
  table: usize,
  channels: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  inputOf(true, table, 0, 0, channels, out, planeBytes, placeBytes);
}

/**
 * What the two above have in common: `border`, a constant, tells which.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function inputOf(
  border: bool,
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  channels: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const rowPlaces = placeBytes << 2;
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += VECTOR, out += planeBytes) {
    let p = border ? listed(from, 16, at) : from + rowBytes + at;
    const a0 = v128.load(p);
    p = border ? listed(from, 20, at) : p + pixelBytes;
    const a1 = v128.load(p);
    p = border ? listed(from, 24, at) : p + pixelBytes;
    const a2 = v128.load(p);
    p = border ? listed(from, 28, at) : p + pixelBytes;
    const a3 = v128.load(p);
    p = border ? listed(from, 32, at) : from + (rowBytes << 1) + at;
    const b0 = v128.load(p);
    p = border ? listed(from, 36, at) : p + pixelBytes;
    const b1 = v128.load(p);
    p = border ? listed(from, 40, at) : p + pixelBytes;
    const b2 = v128.load(p);
    p = border ? listed(from, 44, at) : p + pixelBytes;
    const b3 = v128.load(p);
    storeInput(
      out + rowPlaces,
      placeBytes,
      f32x4.add(a0, b0),
      f32x4.add(a1, b1),
      f32x4.add(a2, b2),
      f32x4.add(a3, b3),
    );
    storeInput(
      out + (rowPlaces << 1),
      placeBytes,
      f32x4.sub(b0, a0),
      f32x4.sub(b1, a1),
      f32x4.sub(b2, a2),
      f32x4.sub(b3, a3),
    );
    p = border ? listed(from, 0, at) : from + at;
    let t0 = f32x4.sub(v128.load(p), b0);
    p = border ? listed(from, 4, at) : p + pixelBytes;
    let t1 = f32x4.sub(v128.load(p), b1);
    p = border ? listed(from, 8, at) : p + pixelBytes;
    let t2 = f32x4.sub(v128.load(p), b2);
    p = border ? listed(from, 12, at) : p + pixelBytes;
    let t3 = f32x4.sub(v128.load(p), b3);
    storeInput(out, placeBytes, t0, t1, t2, t3);
    p = border ? listed(from, 48, at) : from + (rowBytes << 1) + rowBytes + at;
    t0 = f32x4.sub(a0, v128.load(p));
    p = border ? listed(from, 52, at) : p + pixelBytes;
    t1 = f32x4.sub(a1, v128.load(p));
    p = border ? listed(from, 56, at) : p + pixelBytes;
    t2 = f32x4.sub(a2, v128.load(p));
    p = border ? listed(from, 60, at) : p + pixelBytes;
    t3 = f32x4.sub(a3, v128.load(p));
    storeInput(out + (rowPlaces << 1) + rowPlaces, placeBytes, t0, t1, t2, t3);
  }
}

/** Byte `at` of the pixel whose address is at `entry` of `table`. */
// @ts-ignore: decorator
@inline
export function listed(table: usize, entry: usize, at: usize): usize {
  return <usize>load<u32>(table + entry) + at;
}

/**
 * One row of (Bᵀ d) B.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function storeInput(to: usize, placeBytes: usize, t0: v128, t1: v128, t2: v128, t3: v128): void {
  v128.store(to, f32x4.sub(t0, t2));
  to += placeBytes;
  v128.store(to, f32x4.add(t1, t2));
  to += placeBytes;
  v128.store(to, f32x4.sub(t2, t1));
  to += placeBytes;
  v128.store(to, f32x4.sub(t1, t3));
}

/**
 * Aᵀ m A + bias + residual, then the activation, to the 2×2 pixels at `to`, of which `rows` × `columns` (1 or 2 each) are within the
 * picture. `bias` and `residual` are 0 where there is none. Whole: four sums stay in registers from the first of 16 loads to the last.
 *
 * @widen
 */
export function winograd_output(
  from: usize,
  planeBytes: usize,
  placeBytes: usize,
  channels: i32,
  to: usize,
  rowBytes: usize,
  pixelBytes: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const floor = activationFloor(activation);
  const capped = activationHasRest(activation);
  const zero = f32x4.splat(0);
  const right = columns > 1 ? pixelBytes : 0;
  const down = rows > 1 ? rowBytes : 0;
  for (const end = to + (<usize>channels << 2); to < end; to += VECTOR, from += planeBytes) {
    let offset = zero;
    if (bias != 0) {
      offset = v128.load(bias);
      bias += VECTOR;
    }
    let m = from;
    let s0 = v128.load(m);
    m += placeBytes;
    let m1 = v128.load(m);
    m += placeBytes;
    let m2 = v128.load(m);
    m += placeBytes;
    let y00 = f32x4.add(f32x4.add(offset, s0), f32x4.add(m1, m2));
    let y01 = f32x4.add(f32x4.sub(offset, v128.load(m)), f32x4.sub(m1, m2));
    m += placeBytes;
    s0 = v128.load(m);
    m += placeBytes;
    m1 = v128.load(m);
    m += placeBytes;
    m2 = v128.load(m);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    let s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    y00 = f32x4.add(y00, s0);
    y01 = f32x4.add(y01, s1);
    let y10 = f32x4.add(offset, s0);
    let y11 = f32x4.add(offset, s1);
    m += placeBytes;
    s0 = v128.load(m);
    m += placeBytes;
    m1 = v128.load(m);
    m += placeBytes;
    m2 = v128.load(m);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    y00 = f32x4.add(y00, s0);
    y01 = f32x4.add(y01, s1);
    y10 = f32x4.sub(y10, s0);
    y11 = f32x4.sub(y11, s1);
    m += placeBytes;
    s0 = v128.load(m);
    m += placeBytes;
    m1 = v128.load(m);
    m += placeBytes;
    m2 = v128.load(m);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    y10 = f32x4.sub(y10, s0);
    y11 = f32x4.sub(y11, s1);
    if (residual != 0) {
      let r = residual;
      y00 = f32x4.add(y00, v128.load(r));
      r += right;
      y01 = f32x4.add(y01, v128.load(r));
      r = residual + down;
      y10 = f32x4.add(y10, v128.load(r));
      r += right;
      y11 = f32x4.add(y11, v128.load(r));
      residual += VECTOR;
    }
    const least = f32x4.splat(floor);
    y00 = f32x4.pmax(y00, least);
    y01 = f32x4.pmax(y01, least);
    y10 = f32x4.pmax(y10, least);
    y11 = f32x4.pmax(y11, least);
    if (capped) {
      const six = f32x4.splat(6);
      y00 = f32x4.pmin(y00, six);
      y01 = f32x4.pmin(y01, six);
      y10 = f32x4.pmin(y10, six);
      y11 = f32x4.pmin(y11, six);
    }
    // A pixel beyond the border is written to the place of one within, before that one is.
    const second = to + down;
    v128.store(second + right, y11);
    v128.store(second, y10);
    v128.store(to + right, y01);
    v128.store(to, y00);
  }
}

/**
 * out ← A y Aᵀ, of 2×2 gradients of outputs at `p00`, `p01`, `p10` and `p11`: `winograd_output` transposed.
 *
 * @widen
 */
export function winograd_spread(
  p00: usize,
  p01: usize,
  p10: usize,
  p11: usize,
  channels: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const row = placeBytes << 2;
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += VECTOR, out += planeBytes) {
    let p = p00 + at;
    const a = v128.load(p);
    p = p01 + at;
    const b = v128.load(p);
    p = p10 + at;
    const c = v128.load(p);
    p = p11 + at;
    const d = v128.load(p);
    storeSpread(out, placeBytes, a, b);
    storeSpread(out + row, placeBytes, f32x4.add(a, c), f32x4.add(b, d));
    storeSpread(out + (row << 1), placeBytes, f32x4.sub(a, c), f32x4.sub(b, d));
    storeSpread(out + (row << 1) + row, placeBytes, f32x4.neg(c), f32x4.neg(d));
  }
}

/**
 * One row of A y Aᵀ.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function storeSpread(to: usize, placeBytes: usize, a: v128, b: v128): void {
  v128.store(to, a);
  to += placeBytes;
  v128.store(to, f32x4.add(a, b));
  to += placeBytes;
  v128.store(to, f32x4.sub(a, b));
  to += placeBytes;
  v128.store(to, f32x4.neg(b));
}
