import { activationHasRest, limited } from './activation';
import { LANES, madd, VECTOR } from './simd';

/**
 * Register tiles of the depthwise 3×3 kernels: seven columns (the pictures of ImageNet's networks are multiples of that), for
 * channels `begin` to `end` in turn, so that memory is read in the order in which it lies. Weights and their gradients are
 * [vector of channels][tap][vector].
 *
 * `table` says for each of the three rows of x, in words: the address of the column before the tile's first, of the first,
 * the bytes between columns, the address of the last column. Two vectors of zeros lie behind it. At `floor` are a float
 * below which no output goes and the code of the activation.
 *
 * Each sum is in one lane and taken in the same order in the tiles for 256-bit vectors, which scripts/widen.ts makes of these.
 *
 * Bound by loads from the first-level cache where memory does not bound the kernel: channels in powers of two fall into one or two
 * of its sets, so 1024 of 7² run at 45 GFLOP/s and 1040 at 70 (docs/LOG.md). Tiles are whole: their seven sums are registers.
 */

/** Columns of a tile. */
// @ts-ignore: decorator
@inline
export const TILE: i32 = 7;
/** Bytes of the table's rows, and where its zeros lie. */
// @ts-ignore: decorator
@inline
export const ROWS: usize = 48;
// @ts-ignore: decorator
@inline
export const ZERO: usize = 48;
/** Bytes of the table. */
// @ts-ignore: decorator
@inline
export const TABLE: usize = 80;

/**
 * Fills the table for outputs from `column` on of the row whose middle row of x is `centre`; `zeros` is a pixel of zeros, which
 * stands for all beyond the picture.
 */
export function depthwise_table(
  table: usize,
  x: usize,
  height: i32,
  width: i32,
  pixel: usize,
  centre: i32,
  column: i32,
  stride: i32,
  zeros: usize,
): void {
  const first = column * stride;
  const last = first + (TILE - 1) * stride + 1;
  v128.store(table + ZERO, f32x4.splat(0));
  v128.store(table + ZERO, f32x4.splat(0), 16);
  for (let r = 0; r < 3; r++, table += 16) {
    const row = centre + r - 1;
    const inside = row >= 0 && row < height;
    const from = x + <usize>(row * width) * pixel;
    store<u32>(table, <u32>(inside && first > 0 ? from + <usize>(first - 1) * pixel : zeros));
    store<u32>(table, <u32>(inside ? from + <usize>first * pixel : zeros), 4);
    store<u32>(table, <u32>(inside ? pixel : 0), 8);
    store<u32>(table, <u32>(inside && last < width ? from + <usize>last * pixel : zeros), 12);
  }
}

/**
 * Seven outputs of a row at stride 1.
 *
 * @widen
 */
export function depthwise_tile(
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  if (activationHasRest(load<i32>(floor, 4))) tile(true, table, w, bias, floor, begin, end, out, pixel);
  else tile(false, table, w, bias, floor, begin, end, out, pixel);
}

/**
 * `capped`, a constant, tells whether the activation is ReLU6.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function tile(
  capped: bool,
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += VECTOR) {
    const start = bias != 0 ? bias + at : table + ZERO;
    let y0 = v128.load(start);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 3 * VECTOR) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, VECTOR);
      const w2 = v128.load(w, 2 * VECTOR);
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      let v = v128.load(p);
      y0 = madd(v, w0, y0);
      p = <usize>load<u32>(table + row, 4) + at;
      v = v128.load(p);
      y1 = madd(v, w0, y1);
      y0 = madd(v, w1, y0);
      p += step;
      v = v128.load(p);
      y2 = madd(v, w0, y2);
      y1 = madd(v, w1, y1);
      y0 = madd(v, w2, y0);
      p += step;
      v = v128.load(p);
      y3 = madd(v, w0, y3);
      y2 = madd(v, w1, y2);
      y1 = madd(v, w2, y1);
      p += step;
      v = v128.load(p);
      y4 = madd(v, w0, y4);
      y3 = madd(v, w1, y3);
      y2 = madd(v, w2, y2);
      p += step;
      v = v128.load(p);
      y5 = madd(v, w0, y5);
      y4 = madd(v, w1, y4);
      y3 = madd(v, w2, y3);
      p += step;
      v = v128.load(p);
      y6 = madd(v, w0, y6);
      y5 = madd(v, w1, y5);
      y4 = madd(v, w2, y4);
      p += step;
      v = v128.load(p);
      y6 = madd(v, w1, y6);
      y5 = madd(v, w2, y5);
      p = <usize>load<u32>(table + row, 12) + at;
      v = v128.load(p);
      y6 = madd(v, w2, y6);
    }
    let to = out + at;
    const least = v128.load32_splat(floor);
    v128.store(to, limited(y0, least, capped));
    to += pixel;
    v128.store(to, limited(y1, least, capped));
    to += pixel;
    v128.store(to, limited(y2, least, capped));
    to += pixel;
    v128.store(to, limited(y3, least, capped));
    to += pixel;
    v128.store(to, limited(y4, least, capped));
    to += pixel;
    v128.store(to, limited(y5, least, capped));
    to += pixel;
    v128.store(to, limited(y6, least, capped));
  }
}

/**
 * Seven outputs of a row at stride 2: output q is of columns 2q − 1, 2q, 2q + 1.
 *
 * @widen
 */
export function depthwise_tile_2(
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  if (activationHasRest(load<i32>(floor, 4))) tile2(true, table, w, bias, floor, begin, end, out, pixel);
  else tile2(false, table, w, bias, floor, begin, end, out, pixel);
}

/**
 * `capped`, a constant, tells whether the activation is ReLU6.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function tile2(
  capped: bool,
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += VECTOR) {
    const start = bias != 0 ? bias + at : table + ZERO;
    let y0 = v128.load(start);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 3 * VECTOR) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, VECTOR);
      const w2 = v128.load(w, 2 * VECTOR);
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      let v = v128.load(p);
      y0 = madd(v, w0, y0);
      p = <usize>load<u32>(table + row, 4) + at;
      v = v128.load(p);
      y0 = madd(v, w1, y0);
      p += step;
      v = v128.load(p);
      y0 = madd(v, w2, y0);
      y1 = madd(v, w0, y1);
      p += step;
      v = v128.load(p);
      y1 = madd(v, w1, y1);
      p += step;
      v = v128.load(p);
      y1 = madd(v, w2, y1);
      y2 = madd(v, w0, y2);
      p += step;
      v = v128.load(p);
      y2 = madd(v, w1, y2);
      p += step;
      v = v128.load(p);
      y2 = madd(v, w2, y2);
      y3 = madd(v, w0, y3);
      p += step;
      v = v128.load(p);
      y3 = madd(v, w1, y3);
      p += step;
      v = v128.load(p);
      y3 = madd(v, w2, y3);
      y4 = madd(v, w0, y4);
      p += step;
      v = v128.load(p);
      y4 = madd(v, w1, y4);
      p += step;
      v = v128.load(p);
      y4 = madd(v, w2, y4);
      y5 = madd(v, w0, y5);
      p += step;
      v = v128.load(p);
      y5 = madd(v, w1, y5);
      p += step;
      v = v128.load(p);
      y5 = madd(v, w2, y5);
      y6 = madd(v, w0, y6);
      p += step;
      v = v128.load(p);
      y6 = madd(v, w1, y6);
      p = <usize>load<u32>(table + row, 12) + at;
      v = v128.load(p);
      y6 = madd(v, w2, y6);
    }
    let to = out + at;
    const least = v128.load32_splat(floor);
    v128.store(to, limited(y0, least, capped));
    to += pixel;
    v128.store(to, limited(y1, least, capped));
    to += pixel;
    v128.store(to, limited(y2, least, capped));
    to += pixel;
    v128.store(to, limited(y3, least, capped));
    to += pixel;
    v128.store(to, limited(y4, least, capped));
    to += pixel;
    v128.store(to, limited(y5, least, capped));
    to += pixel;
    v128.store(to, limited(y6, least, capped));
  }
}

/**
 * Seven columns of dy of a row at stride 1, of which the first `skip` have been taken before. A tap is stored before the next: the
 * compiler keeps the order of loads and stores and puts the sums before a store, so that no more than 15 registers are in use.
 *
 * @widen
 */
export function depthwise_gradient_tile(
  table: usize,
  dy: usize,
  skip: i32,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  if (skip == 0) gradientTile(false, table, dy, skip, begin, end, out, pixel);
  else gradientTile(true, table, dy, skip, begin, end, out, pixel);
}

/**
 * `skips`, a constant, tells whether there are columns to skip: most tiles have none, and choosing takes 5 % of a tile.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function gradientTile(
  skips: bool,
  table: usize,
  dy: usize,
  skip: i32,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += VECTOR) {
    let from = dy + at;
    let q = skips && skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    from += pixel;
    q = skips && skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    from += pixel;
    q = skips && skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    from += pixel;
    q = skips && skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    from += pixel;
    q = skips && skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    from += pixel;
    q = skips && skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    from += pixel;
    const d6 = v128.load(from);
    for (let row: usize = 0; row < ROWS; row += 16, out += 3 * VECTOR) {
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      p = <usize>load<u32>(table + row, 4) + at;
      const v1 = v128.load(p);
      p += step;
      const v2 = v128.load(p);
      p += step;
      const v3 = v128.load(p);
      p += step;
      const v4 = v128.load(p);
      p += step;
      const v5 = v128.load(p);
      p += step;
      const v6 = v128.load(p);
      p += step;
      let g = v128.load(out);
      g = madd(v0, d0, g);
      g = madd(v1, d1, g);
      g = madd(v2, d2, g);
      g = madd(v3, d3, g);
      g = madd(v4, d4, g);
      g = madd(v5, d5, g);
      g = madd(v6, d6, g);
      v128.store(out, g);
      const v7 = v128.load(p);
      g = v128.load(out, VECTOR);
      g = madd(v1, d0, g);
      g = madd(v2, d1, g);
      g = madd(v3, d2, g);
      g = madd(v4, d3, g);
      g = madd(v5, d4, g);
      g = madd(v6, d5, g);
      g = madd(v7, d6, g);
      v128.store(out, g, VECTOR);
      p = <usize>load<u32>(table + row, 12) + at;
      const v8 = v128.load(p);
      g = v128.load(out, 2 * VECTOR);
      g = madd(v2, d0, g);
      g = madd(v3, d1, g);
      g = madd(v4, d2, g);
      g = madd(v5, d3, g);
      g = madd(v6, d4, g);
      g = madd(v7, d5, g);
      g = madd(v8, d6, g);
      v128.store(out, g, 2 * VECTOR);
    }
  }
}

/**
 * Seven columns of dy of a row at stride 2, of which the first `skip` have been taken before.
 *
 * @widen
 */
export function depthwise_gradient_tile_2(
  table: usize,
  dy: usize,
  skip: i32,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  if (skip == 0) gradientTile2(false, table, dy, skip, begin, end, out, pixel);
  else gradientTile2(true, table, dy, skip, begin, end, out, pixel);
}

/**
 * `skips`, a constant, tells whether there are columns to skip: most tiles have none, and choosing takes 5 % of a tile.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function gradientTile2(
  skips: bool,
  table: usize,
  dy: usize,
  skip: i32,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += VECTOR) {
    let from = dy + at;
    let q = skips && skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    from += pixel;
    q = skips && skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    from += pixel;
    q = skips && skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    from += pixel;
    q = skips && skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    from += pixel;
    q = skips && skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    from += pixel;
    q = skips && skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    from += pixel;
    const d6 = v128.load(from);
    for (let row: usize = 0; row < ROWS; row += 16, out += 3 * VECTOR) {
      const step = <usize>load<u32>(table + row, 8);
      const middle = <usize>load<u32>(table + row, 4) + at;
      const twice = step << 1;
      let p = middle;
      const a0 = v128.load(p);
      p += twice;
      const a1 = v128.load(p);
      p += twice;
      const a2 = v128.load(p);
      p += twice;
      const a3 = v128.load(p);
      p += twice;
      const a4 = v128.load(p);
      p += twice;
      const a5 = v128.load(p);
      p += twice;
      const a6 = v128.load(p);
      let g = v128.load(out, VECTOR);
      g = madd(a0, d0, g);
      g = madd(a1, d1, g);
      g = madd(a2, d2, g);
      g = madd(a3, d3, g);
      g = madd(a4, d4, g);
      g = madd(a5, d5, g);
      g = madd(a6, d6, g);
      v128.store(out, g, VECTOR);
      p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      p = middle + step;
      const v1 = v128.load(p);
      p += twice;
      const v2 = v128.load(p);
      p += twice;
      const v3 = v128.load(p);
      p += twice;
      const v4 = v128.load(p);
      p += twice;
      const v5 = v128.load(p);
      p += twice;
      const v6 = v128.load(p);
      g = v128.load(out);
      g = madd(v0, d0, g);
      g = madd(v1, d1, g);
      g = madd(v2, d2, g);
      g = madd(v3, d3, g);
      g = madd(v4, d4, g);
      g = madd(v5, d5, g);
      g = madd(v6, d6, g);
      v128.store(out, g);
      p = <usize>load<u32>(table + row, 12) + at;
      const v7 = v128.load(p);
      g = v128.load(out, 2 * VECTOR);
      g = madd(v1, d0, g);
      g = madd(v2, d1, g);
      g = madd(v3, d2, g);
      g = madd(v4, d3, g);
      g = madd(v5, d4, g);
      g = madd(v6, d5, g);
      g = madd(v7, d6, g);
      v128.store(out, g, 2 * VECTOR);
    }
  }
}

/**
 * Columns of a row of dx at stride 2, of one or two rows of dy: column 2q is of column q by the middle weights, 2q + 1 of q by the
 * right ones and of q + 1 by the left ones. The second row may be zeros with a step of 0. `s0` is the size of a pixel.
 *
 * @widen
 */
export function depthwise_spread_row(
  d0: usize,
  d1: usize,
  s0: usize,
  s1: usize,
  w0: usize,
  w1: usize,
  channels: i32,
  out: usize,
  width: i32,
  outWidth: i32,
): void {
  for (let c = 0; c < channels; c += LANES) {
    const w00 = v128.load(w0);
    const w01 = v128.load(w0, VECTOR);
    const w02 = v128.load(w0, 2 * VECTOR);
    const w10 = v128.load(w1);
    const w11 = v128.load(w1, VECTOR);
    const w12 = v128.load(w1, 2 * VECTOR);
    let a = v128.load(d0);
    let b = v128.load(d1);
    let p0 = d0 + s0;
    let p1 = d1 + s1;
    let to = out;
    for (let q = 1; q < width; q++) {
      let y = madd(a, w01, f32x4.mul(b, w11));
      v128.store(to, y);
      y = madd(a, w02, f32x4.mul(b, w12));
      a = v128.load(p0);
      b = v128.load(p1);
      y = madd(b, w10, madd(a, w00, y));
      const second = to + s0;
      v128.store(second, y);
      p0 += s0;
      p1 += s1;
      to += s0 << 1;
    }
    let y = madd(a, w01, f32x4.mul(b, w11));
    v128.store(to, y);
    if (width << 1 == outWidth) {
      const second = to + s0;
      y = madd(a, w02, f32x4.mul(b, w12));
      v128.store(second, y);
    }
    d0 += VECTOR;
    d1 += s1 ? VECTOR : 0;
    out += VECTOR;
    w0 += 9 * VECTOR;
    w1 += 9 * VECTOR;
  }
}
