import { madd } from './simd';

/**
 * Register tiles of the depthwise 3×3 kernels: seven columns (the pictures of ImageNet's networks are multiples of that), for
 * all channels in turn, so that memory is read in the order in which it lies. A vector is four channels.
 *
 * `table` says for each of the three rows of x, in words: the address of the column before the tile's first, of the first,
 * the bytes between columns, the address of the last column. Two vectors of zeros lie behind it.
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

/** Seven outputs of a row at stride 1. */
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
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += 16) {
    let y0 = v128.load(bias != 0 ? bias + at : table + ZERO);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 48) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
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
      v = v128.load(<usize>load<u32>(table + row, 12) + at);
      y6 = madd(v, w2, y6);
    }
    let to = out + at;
    const least = v128.load(floor);
    v128.store(to, f32x4.pmax(y0, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y1, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y2, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y3, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y4, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y5, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y6, least));
  }
}

/** Seven outputs of a row at stride 2: output q is of columns 2q − 1, 2q, 2q + 1. */
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
  const stop = <usize>end << 2;
  for (let at = <usize>begin << 2; at < stop; at += 16) {
    let y0 = v128.load(bias != 0 ? bias + at : table + ZERO);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 48) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      y0 = madd(v128.load(p), w0, y0);
      p = <usize>load<u32>(table + row, 4) + at;
      let v: v128;
      y0 = madd(v128.load(p), w1, y0);
      p += step;
      v = v128.load(p);
      y0 = madd(v, w2, y0);
      y1 = madd(v, w0, y1);
      p += step;
      y1 = madd(v128.load(p), w1, y1);
      p += step;
      v = v128.load(p);
      y1 = madd(v, w2, y1);
      y2 = madd(v, w0, y2);
      p += step;
      y2 = madd(v128.load(p), w1, y2);
      p += step;
      v = v128.load(p);
      y2 = madd(v, w2, y2);
      y3 = madd(v, w0, y3);
      p += step;
      y3 = madd(v128.load(p), w1, y3);
      p += step;
      v = v128.load(p);
      y3 = madd(v, w2, y3);
      y4 = madd(v, w0, y4);
      p += step;
      y4 = madd(v128.load(p), w1, y4);
      p += step;
      v = v128.load(p);
      y4 = madd(v, w2, y4);
      y5 = madd(v, w0, y5);
      p += step;
      y5 = madd(v128.load(p), w1, y5);
      p += step;
      v = v128.load(p);
      y5 = madd(v, w2, y5);
      y6 = madd(v, w0, y6);
      p += step;
      y6 = madd(v128.load(p), w1, y6);
      v = v128.load(<usize>load<u32>(table + row, 12) + at);
      y6 = madd(v, w2, y6);
    }
    let to = out + at;
    const least = v128.load(floor);
    v128.store(to, f32x4.pmax(y0, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y1, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y2, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y3, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y4, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y5, least));
    to += pixel;
    v128.store(to, f32x4.pmax(y6, least));
  }
}

/**
 * Seven columns of dy of a row at stride 1, of which the first `skip` have been taken before. A tap is stored before the next: the
 * compiler keeps the order of loads and stores and puts the sums before a store, so that no more than 15 registers are in use.
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
  const stop = <usize>end << 2;
  const zero = f32x4.splat(0);
  for (let at = <usize>begin << 2; at < stop; at += 16) {
    let from = dy + at;
    const d0 = skip > 0 ? zero : v128.load(from);
    from += pixel;
    const d1 = skip > 1 ? zero : v128.load(from);
    from += pixel;
    const d2 = skip > 2 ? zero : v128.load(from);
    from += pixel;
    const d3 = skip > 3 ? zero : v128.load(from);
    from += pixel;
    const d4 = skip > 4 ? zero : v128.load(from);
    from += pixel;
    const d5 = skip > 5 ? zero : v128.load(from);
    from += pixel;
    const d6 = v128.load(from);
    for (let row: usize = 0; row < ROWS; row += 16, out += 48) {
const step = <usize>load<u32>(table + row, 8);
      const v0 = v128.load(<usize>load<u32>(table + row) + at);
      let p = <usize>load<u32>(table + row, 4) + at;
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
      g = v128.load(out, 16);
      g = madd(v1, d0, g);
      g = madd(v2, d1, g);
      g = madd(v3, d2, g);
      g = madd(v4, d3, g);
      g = madd(v5, d4, g);
      g = madd(v6, d5, g);
      g = madd(v7, d6, g);
      v128.store(out, g, 16);
      const v8 = v128.load(<usize>load<u32>(table + row, 12) + at);
      g = v128.load(out, 32);
      g = madd(v2, d0, g);
      g = madd(v3, d1, g);
      g = madd(v4, d2, g);
      g = madd(v5, d3, g);
      g = madd(v6, d4, g);
      g = madd(v7, d5, g);
      g = madd(v8, d6, g);
      v128.store(out, g, 32);
    }
  }
}

/** Seven columns of dy of a row at stride 2, of which the first `skip` have been taken before. */
export function depthwise_gradient_tile_2(
  table: usize,
  dy: usize,
  skip: i32,
  begin: i32,
  end: i32,
  out: usize,
  pixel: usize,
): void {
  const stop = <usize>end << 2;
  const zero = f32x4.splat(0);
  for (let at = <usize>begin << 2; at < stop; at += 16) {
    let from = dy + at;
    const d0 = skip > 0 ? zero : v128.load(from);
    from += pixel;
    const d1 = skip > 1 ? zero : v128.load(from);
    from += pixel;
    const d2 = skip > 2 ? zero : v128.load(from);
    from += pixel;
    const d3 = skip > 3 ? zero : v128.load(from);
    from += pixel;
    const d4 = skip > 4 ? zero : v128.load(from);
    from += pixel;
    const d5 = skip > 5 ? zero : v128.load(from);
    from += pixel;
    const d6 = v128.load(from);
    for (let row: usize = 0; row < ROWS; row += 16, out += 48) {
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
      let g = v128.load(out, 16);
      g = madd(a0, d0, g);
      g = madd(a1, d1, g);
      g = madd(a2, d2, g);
      g = madd(a3, d3, g);
      g = madd(a4, d4, g);
      g = madd(a5, d5, g);
      g = madd(a6, d6, g);
      v128.store(out, g, 16);
      const v0 = v128.load(<usize>load<u32>(table + row) + at);
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
      const v7 = v128.load(<usize>load<u32>(table + row, 12) + at);
      g = v128.load(out, 32);
      g = madd(v1, d0, g);
      g = madd(v2, d1, g);
      g = madd(v3, d2, g);
      g = madd(v4, d3, g);
      g = madd(v5, d4, g);
      g = madd(v6, d5, g);
      g = madd(v7, d6, g);
      v128.store(out, g, 32);
    }
  }
}
