import { madd, VECTOR } from './simd';

/*
 * Register tiles of depthwise convolutions larger than 3×3: seven columns of rows that `depthwise-large-rows.ts` packed, sixteen channels a
 * pixel, 64 bytes. So every vector of x lies at a constant from the first one's address, in a line of its own, with zeros all around the
 * picture: one loop over taps does for every size of filter.
 *
 * Weights and their gradients are [vector of channels][tap][vector], as `pack_depthwise_weights` leaves them. Each sum is in one lane and
 * taken in the same order in the tiles for 256-bit vectors, which scripts/widen.ts makes of these.
 *
 * A tap of seven columns is a load of the weight, seven of x and seven multiply–adds: bound by loads and by the latency of seven sums.
 */

/** Columns of a tile. */
// @ts-ignore: decorator
@inline
export const TILE: i32 = 7;
/** Bytes of a packed pixel. */
// @ts-ignore: decorator
@inline
export const PIXEL: usize = 64;

/**
 * Seven outputs at stride 1, of bytes `begin` to `end` of a pixel, to `out`, seven packed pixels: the sums over `rows` × `taps` from x and
 * the weights w on, which are `tapStep` taps apart in a row and `rowStep` from one row's last to the next one's first; `all` are the
 * taps of a filter. `zeros` is a packed pixel of them.
 *
 * @widen
 */
export function depthwise_large_tile(
  x: usize,
  rowBytes: usize,
  w: usize,
  rows: i32,
  taps: i32,
  tapStep: i32,
  rowStep: i32,
  all: i32,
  zeros: usize,
  begin: usize,
  end: usize,
  out: usize,
): void {
  for (let at = begin; at < end; at += VECTOR) {
    let y0 = v128.load(zeros + at);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    let weight = w + (at - begin) * <usize>all;
    let row = x + at;
    for (let r = 0; r < rows; r++) {
      let p = row;
      for (let s = 0; s < taps; s++) {
        const tap = v128.load(weight);
        y0 = madd(v128.load(p), tap, y0);
        y1 = madd(v128.load(p, 64), tap, y1);
        y2 = madd(v128.load(p, 128), tap, y2);
        y3 = madd(v128.load(p, 192), tap, y3);
        y4 = madd(v128.load(p, 256), tap, y4);
        y5 = madd(v128.load(p, 320), tap, y5);
        y6 = madd(v128.load(p, 384), tap, y6);
        p += PIXEL;
        weight += <usize>tapStep * VECTOR;
      }
      row += rowBytes;
      weight += <usize>rowStep * VECTOR;
    }
    const to = out + at;
    v128.store(to, y0);
    v128.store(to, y1, 64);
    v128.store(to, y2, 128);
    v128.store(to, y3, 192);
    v128.store(to, y4, 256);
    v128.store(to, y5, 320);
    v128.store(to, y6, 384);
  }
}

/**
 * The same at stride 2: output q begins two pixels behind q − 1.
 *
 * @widen
 */
export function depthwise_large_tile_2(
  x: usize,
  rowBytes: usize,
  w: usize,
  rows: i32,
  taps: i32,
  tapStep: i32,
  rowStep: i32,
  all: i32,
  zeros: usize,
  begin: usize,
  end: usize,
  out: usize,
): void {
  for (let at = begin; at < end; at += VECTOR) {
    let y0 = v128.load(zeros + at);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    let weight = w + (at - begin) * <usize>all;
    let row = x + at;
    for (let r = 0; r < rows; r++) {
      let p = row;
      for (let s = 0; s < taps; s++) {
        const tap = v128.load(weight);
        y0 = madd(v128.load(p), tap, y0);
        y1 = madd(v128.load(p, 128), tap, y1);
        y2 = madd(v128.load(p, 256), tap, y2);
        y3 = madd(v128.load(p, 384), tap, y3);
        y4 = madd(v128.load(p, 512), tap, y4);
        y5 = madd(v128.load(p, 640), tap, y5);
        y6 = madd(v128.load(p, 768), tap, y6);
        p += PIXEL;
        weight += <usize>tapStep * VECTOR;
      }
      row += rowBytes;
      weight += <usize>rowStep * VECTOR;
    }
    const to = out + at;
    v128.store(to, y0);
    v128.store(to, y1, 64);
    v128.store(to, y2, 128);
    v128.store(to, y3, 192);
    v128.store(to, y4, 256);
    v128.store(to, y5, 320);
    v128.store(to, y6, 384);
  }
}

/**
 * Adds what seven packed pixels of dy give of the weights' gradient, of bytes `begin` to `end` of a pixel, at stride 1: to `out`, of a
 * filter of `size` × `size`, whose first tap stands at x.
 *
 * @widen
 */
export function depthwise_large_gradient_tile(
  x: usize,
  rowBytes: usize,
  dy: usize,
  size: i32,
  begin: usize,
  end: usize,
  out: usize,
): void {
  for (let at = begin; at < end; at += VECTOR) {
    const from = dy + at;
    const d0 = v128.load(from);
    const d1 = v128.load(from, 64);
    const d2 = v128.load(from, 128);
    const d3 = v128.load(from, 192);
    const d4 = v128.load(from, 256);
    const d5 = v128.load(from, 320);
    const d6 = v128.load(from, 384);
    let row = x + at;
    for (let r = 0; r < size; r++) {
      let p = row;
      for (let s = 0; s < size; s++) {
        let g = v128.load(out);
        g = madd(v128.load(p), d0, g);
        g = madd(v128.load(p, 64), d1, g);
        g = madd(v128.load(p, 128), d2, g);
        g = madd(v128.load(p, 192), d3, g);
        g = madd(v128.load(p, 256), d4, g);
        g = madd(v128.load(p, 320), d5, g);
        g = madd(v128.load(p, 384), d6, g);
        v128.store(out, g);
        p += PIXEL;
        out += VECTOR;
      }
      row += rowBytes;
    }
  }
}

/**
 * The same at stride 2.
 *
 * @widen
 */
export function depthwise_large_gradient_tile_2(
  x: usize,
  rowBytes: usize,
  dy: usize,
  size: i32,
  begin: usize,
  end: usize,
  out: usize,
): void {
  for (let at = begin; at < end; at += VECTOR) {
    const from = dy + at;
    const d0 = v128.load(from);
    const d1 = v128.load(from, 64);
    const d2 = v128.load(from, 128);
    const d3 = v128.load(from, 192);
    const d4 = v128.load(from, 256);
    const d5 = v128.load(from, 320);
    const d6 = v128.load(from, 384);
    let row = x + at;
    for (let r = 0; r < size; r++) {
      let p = row;
      for (let s = 0; s < size; s++) {
        let g = v128.load(out);
        g = madd(v128.load(p), d0, g);
        g = madd(v128.load(p, 128), d1, g);
        g = madd(v128.load(p, 256), d2, g);
        g = madd(v128.load(p, 384), d3, g);
        g = madd(v128.load(p, 512), d4, g);
        g = madd(v128.load(p, 640), d5, g);
        g = madd(v128.load(p, 768), d6, g);
        v128.store(out, g);
        p += PIXEL;
        out += VECTOR;
      }
      row += rowBytes;
    }
  }
}
