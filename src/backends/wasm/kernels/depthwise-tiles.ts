import { activationHasRest, limited } from './activation';
import { madd, VECTOR } from './simd';

/**
 * Register tiles of the depthwise 3×3 kernels: seven columns (the pictures of ImageNet's networks are multiples of that), for
 * channels `begin` to `end` in turn, so that memory is read in the order in which it lies. Here are the forward ones;
 * depthwise-gradient-tiles.ts has the gradients'. Weights and their gradients are [vector of channels][tap][vector].
 *
 * `table` says for each of the three rows of x, in words: the address of the column before the tile's first, of the first,
 * the bytes between columns, the address of the last column. Two vectors of zeros lie behind it. At `floor` are a float
 * below which no output goes and the code of the activation.
 *
 * Each sum is in one lane and taken in the same order in the tiles for 256-bit vectors, which scripts/widen.ts makes of these.
 *
 * Bound by loads from the first-level cache where memory does not bound the kernel: channels in powers of two fall into one or two
 * of its sets, so 1024 of 7² run at 45 GFLOP/s and 1040 at 70 (docs/LOG.md). Tiles are whole: their seven sums are registers. The
 * tiles of stride 1 and 2 are twins: unrolled, they differ in which column goes to which sums.
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
