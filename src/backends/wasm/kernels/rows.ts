import { madd } from './simd';
import { loadPartial, storePartial } from './strip';

/*
 * Sums over rows, a lane a channel. Rows are `pitch` bytes apart; `sums` is a row of accumulators that stays in the
 * first-level cache. Short rows are read four at a time, to wait less for the accumulators; long ones one by one, so that
 * memory is read as a single stream (measured: twice as fast), two vectors side by side, which become one of 256 bits.
 */
const longRow: i32 = 64;

/** sums[c] += Σ over rows x[c]. */
export function addRow(x: usize, pitch: usize, rows: i32, width: i32, sums: usize): void {
  const wide = <usize>(width & ~3) << 2;
  const paired = wide & ~31;
  const rest = width & 3;
  let row = 0;
  const grouped = width < longRow ? rows - 3 : 0;
  for (; row < grouped; row += 4) {
    const x1 = x + pitch;
    const x2 = x1 + pitch;
    const x3 = x2 + pitch;
    for (let c: usize = 0; c < wide; c += 16) {
      const ab = f32x4.add(v128.load(x + c), v128.load(x1 + c));
      const cd = f32x4.add(v128.load(x2 + c), v128.load(x3 + c));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.add(ab, cd)));
    }
    for (let c = wide; c < wide + (<usize>rest << 2); c += 4) {
      const sum = load<f32>(x + c) + load<f32>(x1 + c) + (load<f32>(x2 + c) + load<f32>(x3 + c));
      store<f32>(sums + c, load<f32>(sums + c) + sum);
    }
    x = x3 + pitch;
  }
  for (; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const a = f32x4.add(v128.load(sums + c), v128.load(x + c));
      const b = f32x4.add(v128.load(sums + c, 16), v128.load(x + c, 16));
      v128.store(sums + c, b, 16);
      v128.store(sums + c, a);
    }
    for (; c < wide; c += 16) v128.store(sums + c, f32x4.add(v128.load(sums + c), v128.load(x + c)));
    for (let c = wide; c < wide + (<usize>rest << 2); c += 4) {
      store<f32>(sums + c, load<f32>(sums + c) + load<f32>(x + c));
    }
    x += pitch;
  }
}

/** sums[c] += Σ over rows of d, squares[c] += Σ d², with d = x[c] − shift[c]. */
export function addDeviations(
  x: usize,
  pitch: usize,
  rows: i32,
  width: i32,
  shift: usize,
  sums: usize,
  squares: usize,
): void {
  const wide = <usize>(width & ~3) << 2;
  const paired = wide & ~31;
  const rest = width & 3;
  let row = 0;
  const grouped = width < longRow ? rows - 3 : 0;
  for (; row < grouped; row += 4) {
    const x1 = x + pitch;
    const x2 = x1 + pitch;
    const x3 = x2 + pitch;
    for (let c: usize = 0; c < wide; c += 16) {
      const m = v128.load(shift + c);
      const d0 = f32x4.sub(v128.load(x + c), m);
      const d1 = f32x4.sub(v128.load(x1 + c), m);
      const d2 = f32x4.sub(v128.load(x2 + c), m);
      const d3 = f32x4.sub(v128.load(x3 + c), m);
      const sum = f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3));
      const ab = madd(d0, d0, f32x4.mul(d1, d1));
      const cd = madd(d2, d2, f32x4.mul(d3, d3));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
      v128.store(squares + c, f32x4.add(v128.load(squares + c), f32x4.add(ab, cd)));
    }
    for (let c = wide; c < wide + (<usize>rest << 2); c += 4) {
      const m = load<f32>(shift + c);
      const d0 = load<f32>(x + c) - m;
      const d1 = load<f32>(x1 + c) - m;
      const d2 = load<f32>(x2 + c) - m;
      const d3 = load<f32>(x3 + c) - m;
      store<f32>(sums + c, load<f32>(sums + c) + (d0 + d1 + (d2 + d3)));
      store<f32>(squares + c, load<f32>(squares + c) + (d0 * d0 + d1 * d1 + (d2 * d2 + d3 * d3)));
    }
    x = x3 + pitch;
  }
  for (; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const a = f32x4.sub(v128.load(x + c), v128.load(shift + c));
      const b = f32x4.sub(v128.load(x + c, 16), v128.load(shift + c, 16));
      const sa = f32x4.add(v128.load(sums + c), a);
      const sb = f32x4.add(v128.load(sums + c, 16), b);
      const aa = madd(a, a, v128.load(squares + c));
      const bb = madd(b, b, v128.load(squares + c, 16));
      v128.store(sums + c, sb, 16);
      v128.store(sums + c, sa);
      v128.store(squares + c, bb, 16);
      v128.store(squares + c, aa);
    }
    for (; c < wide; c += 16) {
      const d = f32x4.sub(v128.load(x + c), v128.load(shift + c));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), d));
      v128.store(squares + c, madd(d, d, v128.load(squares + c)));
    }
    for (let c = wide; c < wide + (<usize>rest << 2); c += 4) {
      const d = load<f32>(x + c) - load<f32>(shift + c);
      store<f32>(sums + c, load<f32>(sums + c) + d);
      store<f32>(squares + c, load<f32>(squares + c) + d * d);
    }
    x += pitch;
  }
}

/** The first `lanes` (1 to 4) floats at `from`. */
// @ts-ignore: decorator
@inline
export function loadLanes(from: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(from) : loadPartial(from, lanes);
}

/** Stores the first `lanes` (1 to 4) floats. */
// @ts-ignore: decorator
@inline
export function storeLanes(at: usize, v: v128, lanes: i32): void {
  if (lanes == 4) v128.store(at, v);
  else storePartial(at, v, lanes);
}

/** Lanes 0 and 1 as doubles. */
// @ts-ignore: decorator
@inline
export function lower(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 as doubles. */
// @ts-ignore: decorator
@inline
export function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}
