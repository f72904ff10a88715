import { ROWS, ZERO } from './depthwise-tiles';
import { LANES, madd, VECTOR } from './simd';

/**
 * Register tiles of the gradients of depthwise 3×3 convolutions: of the weights, seven columns of dy a tile, and of x at stride 2.
 * Tables, layouts and what bounds them are those of depthwise-tiles.ts. Tiles are whole: seven columns of dy are registers. Those of
 * stride 1 and 2 are twins: unrolled, they differ in which column goes to which sums.
 */

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
