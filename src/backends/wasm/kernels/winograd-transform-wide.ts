/**
 * The transforms of winograd-transform.ts for the build for 256-bit vectors: planes of eight channels, 32 bytes a tile, each
 * loaded and stored as two neighbouring halves of which V8 makes one. Of a pair of names that differ in case the capital is the
 * upper half. Both halves are stored together: with a store between their loads they would stay two.
 */

/** out ← Bᵀ d B, for the tile whose first pixel is at `from`. */
export function winograd_input_wide(
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  inputOf(false, from, rowBytes, pixelBytes, planes, out, planeBytes, placeBytes);
}

/** The same for a tile whose 16 pixels are where `table` says. */
export function winograd_input_border_wide(
  table: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  inputOf(true, table, 0, 0, planes, out, planeBytes, placeBytes);
}

/** What the two above have in common: `border`, a constant, tells which. */
// @ts-ignore: decorator
@inline
function inputOf(
  border: bool,
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const rowPlaces = placeBytes << 2;
  const end = <usize>planes << 5;
  for (let at: usize = 0; at < end; at += 32, out += planeBytes) {
    let p = border ? listed(from, 16, at) : from + rowBytes + at;
    const a0 = v128.load(p);
    const A0 = v128.load(p, 16);
    p = border ? listed(from, 20, at) : p + pixelBytes;
    const a1 = v128.load(p);
    const A1 = v128.load(p, 16);
    p = border ? listed(from, 24, at) : p + pixelBytes;
    const a2 = v128.load(p);
    const A2 = v128.load(p, 16);
    p = border ? listed(from, 28, at) : p + pixelBytes;
    const a3 = v128.load(p);
    const A3 = v128.load(p, 16);
    p = border ? listed(from, 32, at) : from + (rowBytes << 1) + at;
    const b0 = v128.load(p);
    const B0 = v128.load(p, 16);
    p = border ? listed(from, 36, at) : p + pixelBytes;
    const b1 = v128.load(p);
    const B1 = v128.load(p, 16);
    p = border ? listed(from, 40, at) : p + pixelBytes;
    const b2 = v128.load(p);
    const B2 = v128.load(p, 16);
    p = border ? listed(from, 44, at) : p + pixelBytes;
    const b3 = v128.load(p);
    const B3 = v128.load(p, 16);
    storeInput(
      out + rowPlaces,
      placeBytes,
      f32x4.add(a0, b0),
      f32x4.add(A0, B0),
      f32x4.add(a1, b1),
      f32x4.add(A1, B1),
      f32x4.add(a2, b2),
      f32x4.add(A2, B2),
      f32x4.add(a3, b3),
      f32x4.add(A3, B3),
    );
    storeInput(
      out + (rowPlaces << 1),
      placeBytes,
      f32x4.sub(b0, a0),
      f32x4.sub(B0, A0),
      f32x4.sub(b1, a1),
      f32x4.sub(B1, A1),
      f32x4.sub(b2, a2),
      f32x4.sub(B2, A2),
      f32x4.sub(b3, a3),
      f32x4.sub(B3, A3),
    );
    p = border ? listed(from, 0, at) : from + at;
    let t0 = f32x4.sub(v128.load(p), b0);
    let T0 = f32x4.sub(v128.load(p, 16), B0);
    p = border ? listed(from, 4, at) : p + pixelBytes;
    let t1 = f32x4.sub(v128.load(p), b1);
    let T1 = f32x4.sub(v128.load(p, 16), B1);
    p = border ? listed(from, 8, at) : p + pixelBytes;
    let t2 = f32x4.sub(v128.load(p), b2);
    let T2 = f32x4.sub(v128.load(p, 16), B2);
    p = border ? listed(from, 12, at) : p + pixelBytes;
    let t3 = f32x4.sub(v128.load(p), b3);
    let T3 = f32x4.sub(v128.load(p, 16), B3);
    storeInput(out, placeBytes, t0, T0, t1, T1, t2, T2, t3, T3);
    p = border ? listed(from, 48, at) : from + (rowBytes << 1) + rowBytes + at;
    t0 = f32x4.sub(a0, v128.load(p));
    T0 = f32x4.sub(A0, v128.load(p, 16));
    p = border ? listed(from, 52, at) : p + pixelBytes;
    t1 = f32x4.sub(a1, v128.load(p));
    T1 = f32x4.sub(A1, v128.load(p, 16));
    p = border ? listed(from, 56, at) : p + pixelBytes;
    t2 = f32x4.sub(a2, v128.load(p));
    T2 = f32x4.sub(A2, v128.load(p, 16));
    p = border ? listed(from, 60, at) : p + pixelBytes;
    t3 = f32x4.sub(a3, v128.load(p));
    T3 = f32x4.sub(A3, v128.load(p, 16));
    storeInput(out + (rowPlaces << 1) + rowPlaces, placeBytes, t0, T0, t1, T1, t2, T2, t3, T3);
  }
}

/** Byte `at` of the pixel whose address is at `entry` of `table`. */
// @ts-ignore: decorator
@inline
function listed(table: usize, entry: usize, at: usize): usize {
  return <usize>load<u32>(table + entry) + at;
}

/** One row of (Bᵀ d) B. */
// @ts-ignore: decorator
@inline
function storeInput(
  to: usize,
  placeBytes: usize,
  t0: v128,
  T0: v128,
  t1: v128,
  T1: v128,
  t2: v128,
  T2: v128,
  t3: v128,
  T3: v128,
): void {
  storePair(to, f32x4.sub(t0, t2), f32x4.sub(T0, T2));
  to += placeBytes;
  storePair(to, f32x4.add(t1, t2), f32x4.add(T1, T2));
  to += placeBytes;
  storePair(to, f32x4.sub(t2, t1), f32x4.sub(T2, T1));
  to += placeBytes;
  storePair(to, f32x4.sub(t1, t3), f32x4.sub(T1, T3));
}

// @ts-ignore: decorator
@inline
function storePair(to: usize, low: v128, high: v128): void {
  v128.store(to, high, 16);
  v128.store(to, low);
}

/** Aᵀ m A + bias + residual, then ReLU, to 2×2 pixels; arguments as of `winograd_output`. */
export function winograd_output_wide(
  from: usize,
  planeBytes: usize,
  placeBytes: usize,
  planes: i32,
  to: usize,
  rowBytes: usize,
  pixelBytes: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  residual: usize,
  relu: i32,
): void {
  const zero = f32x4.splat(0);
  const floor = relu ? <f32>0 : -Infinity;
  const right = columns > 1 ? pixelBytes : 0;
  const down = rows > 1 ? rowBytes : 0;
  for (const end = to + (<usize>planes << 5); to < end; to += 32, from += planeBytes) {
    let offset = zero;
    let OFFSET = zero;
    if (bias != 0) {
      offset = v128.load(bias);
      OFFSET = v128.load(bias, 16);
      bias += 32;
    }
    let m = from;
    let s0 = v128.load(m);
    let S0 = v128.load(m, 16);
    m += placeBytes;
    let m1 = v128.load(m);
    let M1 = v128.load(m, 16);
    m += placeBytes;
    let m2 = v128.load(m);
    let M2 = v128.load(m, 16);
    m += placeBytes;
    let y00 = f32x4.add(f32x4.add(offset, s0), f32x4.add(m1, m2));
    let Y00 = f32x4.add(f32x4.add(OFFSET, S0), f32x4.add(M1, M2));
    let y01 = f32x4.add(f32x4.sub(offset, v128.load(m)), f32x4.sub(m1, m2));
    let Y01 = f32x4.add(f32x4.sub(OFFSET, v128.load(m, 16)), f32x4.sub(M1, M2));
    m += placeBytes;
    s0 = v128.load(m);
    S0 = v128.load(m, 16);
    m += placeBytes;
    m1 = v128.load(m);
    M1 = v128.load(m, 16);
    m += placeBytes;
    m2 = v128.load(m);
    M2 = v128.load(m, 16);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    S0 = f32x4.add(S0, f32x4.add(M1, M2));
    let s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    let S1 = f32x4.sub(f32x4.sub(M1, M2), v128.load(m, 16));
    y00 = f32x4.add(y00, s0);
    Y00 = f32x4.add(Y00, S0);
    y01 = f32x4.add(y01, s1);
    Y01 = f32x4.add(Y01, S1);
    let y10 = f32x4.add(offset, s0);
    let Y10 = f32x4.add(OFFSET, S0);
    let y11 = f32x4.add(offset, s1);
    let Y11 = f32x4.add(OFFSET, S1);
    m += placeBytes;
    s0 = v128.load(m);
    S0 = v128.load(m, 16);
    m += placeBytes;
    m1 = v128.load(m);
    M1 = v128.load(m, 16);
    m += placeBytes;
    m2 = v128.load(m);
    M2 = v128.load(m, 16);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    S0 = f32x4.add(S0, f32x4.add(M1, M2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    S1 = f32x4.sub(f32x4.sub(M1, M2), v128.load(m, 16));
    y00 = f32x4.add(y00, s0);
    Y00 = f32x4.add(Y00, S0);
    y01 = f32x4.add(y01, s1);
    Y01 = f32x4.add(Y01, S1);
    y10 = f32x4.sub(y10, s0);
    Y10 = f32x4.sub(Y10, S0);
    y11 = f32x4.sub(y11, s1);
    Y11 = f32x4.sub(Y11, S1);
    m += placeBytes;
    s0 = v128.load(m);
    S0 = v128.load(m, 16);
    m += placeBytes;
    m1 = v128.load(m);
    M1 = v128.load(m, 16);
    m += placeBytes;
    m2 = v128.load(m);
    M2 = v128.load(m, 16);
    m += placeBytes;
    s0 = f32x4.add(s0, f32x4.add(m1, m2));
    S0 = f32x4.add(S0, f32x4.add(M1, M2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m));
    S1 = f32x4.sub(f32x4.sub(M1, M2), v128.load(m, 16));
    y10 = f32x4.sub(y10, s0);
    Y10 = f32x4.sub(Y10, S0);
    y11 = f32x4.sub(y11, s1);
    Y11 = f32x4.sub(Y11, S1);
    if (residual != 0) {
      let r = residual;
      y00 = f32x4.add(y00, v128.load(r));
      Y00 = f32x4.add(Y00, v128.load(r, 16));
      r += right;
      y01 = f32x4.add(y01, v128.load(r));
      Y01 = f32x4.add(Y01, v128.load(r, 16));
      r = residual + down;
      y10 = f32x4.add(y10, v128.load(r));
      Y10 = f32x4.add(Y10, v128.load(r, 16));
      r += right;
      y11 = f32x4.add(y11, v128.load(r));
      Y11 = f32x4.add(Y11, v128.load(r, 16));
      residual += 32;
    }
    const least = f32x4.splat(floor);
    y00 = f32x4.pmax(y00, least);
    Y00 = f32x4.pmax(Y00, least);
    y01 = f32x4.pmax(y01, least);
    Y01 = f32x4.pmax(Y01, least);
    y10 = f32x4.pmax(y10, least);
    Y10 = f32x4.pmax(Y10, least);
    y11 = f32x4.pmax(y11, least);
    Y11 = f32x4.pmax(Y11, least);
    // Those beyond the border first, as in `winograd_output`.
    const second = to + down;
    storePair(second + right, y11, Y11);
    storePair(second, y10, Y10);
    storePair(to + right, y01, Y01);
    storePair(to, y00, Y00);
  }
}

/** out ← A y Aᵀ, of the pixels at `p00`, `p01`, `p10` and `p11`. */
export function winograd_spread_wide(
  p00: usize,
  p01: usize,
  p10: usize,
  p11: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const row = placeBytes << 2;
  const end = <usize>planes << 5;
  for (let at: usize = 0; at < end; at += 32, out += planeBytes) {
    let p = p00 + at;
    const a = v128.load(p);
    const A = v128.load(p, 16);
    p = p01 + at;
    const b = v128.load(p);
    const B = v128.load(p, 16);
    p = p10 + at;
    const c = v128.load(p);
    const C = v128.load(p, 16);
    p = p11 + at;
    const d = v128.load(p);
    const D = v128.load(p, 16);
    storeSpread(out, placeBytes, a, A, b, B);
    storeSpread(out + row, placeBytes, f32x4.add(a, c), f32x4.add(A, C), f32x4.add(b, d), f32x4.add(B, D));
    storeSpread(out + (row << 1), placeBytes, f32x4.sub(a, c), f32x4.sub(A, C), f32x4.sub(b, d), f32x4.sub(B, D));
    storeSpread(out + (row << 1) + row, placeBytes, f32x4.neg(c), f32x4.neg(C), f32x4.neg(d), f32x4.neg(D));
  }
}

/** One row of A y Aᵀ. */
// @ts-ignore: decorator
@inline
function storeSpread(to: usize, placeBytes: usize, a: v128, A: v128, b: v128, B: v128): void {
  storePair(to, a, A);
  to += placeBytes;
  storePair(to, f32x4.add(a, b), f32x4.add(A, B));
  to += placeBytes;
  storePair(to, f32x4.sub(a, b), f32x4.sub(A, B));
  to += placeBytes;
  storePair(to, f32x4.neg(b), f32x4.neg(B));
}
