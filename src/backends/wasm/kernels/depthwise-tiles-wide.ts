import { madd } from './simd';
import { ROWS, ZERO } from './depthwise-tiles';

/**
 * The register tiles of depthwise-tiles.ts for the build for 256-bit vectors: eight channels a turn, in two vectors side by side
 * that become one. Weights and gradients are [eight channels][tap][8] then, `channels` is a multiple of 8. Each sum is the narrow
 * tile's, in the same order. The upper half is stored first: V8 then leaves out the narrow store that it keeps in case the
 * wide one traps.
 */

/** As `depthwise_tile`. */
export function depthwise_tile_wide(
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    const start = bias != 0 ? bias + at : table + ZERO;
    let y0 = v128.load(start);
    let z0 = v128.load(start, 16);
    let y1 = y0;
    let z1 = z0;
    let y2 = y0;
    let z2 = z0;
    let y3 = y0;
    let z3 = z0;
    let y4 = y0;
    let z4 = z0;
    let y5 = y0;
    let z5 = z0;
    let y6 = y0;
    let z6 = z0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 96) {
      const w0 = v128.load(w);
      const x0 = v128.load(w, 16);
      const w1 = v128.load(w, 32);
      const x1 = v128.load(w, 48);
      const w2 = v128.load(w, 64);
      const x2 = v128.load(w, 80);
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      let u = v128.load(p);
      let v = v128.load(p, 16);
      y0 = madd(u, w0, y0);
      z0 = madd(v, x0, z0);
      p = <usize>load<u32>(table + row, 4) + at;
      u = v128.load(p);
      v = v128.load(p, 16);
      y1 = madd(u, w0, y1);
      z1 = madd(v, x0, z1);
      y0 = madd(u, w1, y0);
      z0 = madd(v, x1, z0);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y2 = madd(u, w0, y2);
      z2 = madd(v, x0, z2);
      y1 = madd(u, w1, y1);
      z1 = madd(v, x1, z1);
      y0 = madd(u, w2, y0);
      z0 = madd(v, x2, z0);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y3 = madd(u, w0, y3);
      z3 = madd(v, x0, z3);
      y2 = madd(u, w1, y2);
      z2 = madd(v, x1, z2);
      y1 = madd(u, w2, y1);
      z1 = madd(v, x2, z1);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y4 = madd(u, w0, y4);
      z4 = madd(v, x0, z4);
      y3 = madd(u, w1, y3);
      z3 = madd(v, x1, z3);
      y2 = madd(u, w2, y2);
      z2 = madd(v, x2, z2);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y5 = madd(u, w0, y5);
      z5 = madd(v, x0, z5);
      y4 = madd(u, w1, y4);
      z4 = madd(v, x1, z4);
      y3 = madd(u, w2, y3);
      z3 = madd(v, x2, z3);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y6 = madd(u, w0, y6);
      z6 = madd(v, x0, z6);
      y5 = madd(u, w1, y5);
      z5 = madd(v, x1, z5);
      y4 = madd(u, w2, y4);
      z4 = madd(v, x2, z4);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y6 = madd(u, w1, y6);
      z6 = madd(v, x1, z6);
      y5 = madd(u, w2, y5);
      z5 = madd(v, x2, z5);
      p = <usize>load<u32>(table + row, 12) + at;
      u = v128.load(p);
      v = v128.load(p, 16);
      y6 = madd(u, w2, y6);
      z6 = madd(v, x2, z6);
    }
    let to = out + at;
    const least = v128.load32_splat(floor);
    v128.store(to, f32x4.pmax(z0, least), 16);
    v128.store(to, f32x4.pmax(y0, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z1, least), 16);
    v128.store(to, f32x4.pmax(y1, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z2, least), 16);
    v128.store(to, f32x4.pmax(y2, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z3, least), 16);
    v128.store(to, f32x4.pmax(y3, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z4, least), 16);
    v128.store(to, f32x4.pmax(y4, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z5, least), 16);
    v128.store(to, f32x4.pmax(y5, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z6, least), 16);
    v128.store(to, f32x4.pmax(y6, least));
  }
}

/** As `depthwise_tile_2`. */
export function depthwise_tile_2_wide(
  table: usize,
  w: usize,
  bias: usize,
  floor: usize,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    const start = bias != 0 ? bias + at : table + ZERO;
    let y0 = v128.load(start);
    let z0 = v128.load(start, 16);
    let y1 = y0;
    let z1 = z0;
    let y2 = y0;
    let z2 = z0;
    let y3 = y0;
    let z3 = z0;
    let y4 = y0;
    let z4 = z0;
    let y5 = y0;
    let z5 = z0;
    let y6 = y0;
    let z6 = z0;
    for (let row: usize = 0; row < ROWS; row += 16, w += 96) {
      const w0 = v128.load(w);
      const x0 = v128.load(w, 16);
      const w1 = v128.load(w, 32);
      const x1 = v128.load(w, 48);
      const w2 = v128.load(w, 64);
      const x2 = v128.load(w, 80);
      const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      let u = v128.load(p);
      let v = v128.load(p, 16);
      y0 = madd(u, w0, y0);
      z0 = madd(v, x0, z0);
      p = <usize>load<u32>(table + row, 4) + at;
      u = v128.load(p);
      v = v128.load(p, 16);
      y0 = madd(u, w1, y0);
      z0 = madd(v, x1, z0);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y0 = madd(u, w2, y0);
      z0 = madd(v, x2, z0);
      y1 = madd(u, w0, y1);
      z1 = madd(v, x0, z1);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y1 = madd(u, w1, y1);
      z1 = madd(v, x1, z1);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y1 = madd(u, w2, y1);
      z1 = madd(v, x2, z1);
      y2 = madd(u, w0, y2);
      z2 = madd(v, x0, z2);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y2 = madd(u, w1, y2);
      z2 = madd(v, x1, z2);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y2 = madd(u, w2, y2);
      z2 = madd(v, x2, z2);
      y3 = madd(u, w0, y3);
      z3 = madd(v, x0, z3);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y3 = madd(u, w1, y3);
      z3 = madd(v, x1, z3);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y3 = madd(u, w2, y3);
      z3 = madd(v, x2, z3);
      y4 = madd(u, w0, y4);
      z4 = madd(v, x0, z4);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y4 = madd(u, w1, y4);
      z4 = madd(v, x1, z4);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y4 = madd(u, w2, y4);
      z4 = madd(v, x2, z4);
      y5 = madd(u, w0, y5);
      z5 = madd(v, x0, z5);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y5 = madd(u, w1, y5);
      z5 = madd(v, x1, z5);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y5 = madd(u, w2, y5);
      z5 = madd(v, x2, z5);
      y6 = madd(u, w0, y6);
      z6 = madd(v, x0, z6);
      p += step;
      u = v128.load(p);
      v = v128.load(p, 16);
      y6 = madd(u, w1, y6);
      z6 = madd(v, x1, z6);
      p = <usize>load<u32>(table + row, 12) + at;
      u = v128.load(p);
      v = v128.load(p, 16);
      y6 = madd(u, w2, y6);
      z6 = madd(v, x2, z6);
    }
    let to = out + at;
    const least = v128.load32_splat(floor);
    v128.store(to, f32x4.pmax(z0, least), 16);
    v128.store(to, f32x4.pmax(y0, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z1, least), 16);
    v128.store(to, f32x4.pmax(y1, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z2, least), 16);
    v128.store(to, f32x4.pmax(y2, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z3, least), 16);
    v128.store(to, f32x4.pmax(y3, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z4, least), 16);
    v128.store(to, f32x4.pmax(y4, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z5, least), 16);
    v128.store(to, f32x4.pmax(y5, least));
    to += pixel;
    v128.store(to, f32x4.pmax(z6, least), 16);
    v128.store(to, f32x4.pmax(y6, least));
  }
}

/** As `depthwise_gradient_tile`. */
export function depthwise_gradient_tile_wide(
  table: usize,
  dy: usize,
  skip: i32,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    let from = dy + at;
    let q = skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    const e0 = v128.load(q, 16);
    from += pixel;
    q = skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    const e1 = v128.load(q, 16);
    from += pixel;
    q = skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    const e2 = v128.load(q, 16);
    from += pixel;
    q = skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    const e3 = v128.load(q, 16);
    from += pixel;
    q = skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    const e4 = v128.load(q, 16);
    from += pixel;
    q = skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    const e5 = v128.load(q, 16);
    from += pixel;
    const d6 = v128.load(from);
    const e6 = v128.load(from, 16);
    for (let row: usize = 0; row < ROWS; row += 16, out += 96) {
const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      const x0 = v128.load(p, 16);
      p = <usize>load<u32>(table + row, 4) + at;
      const v1 = v128.load(p);
      const x1 = v128.load(p, 16);
      p += step;
      const v2 = v128.load(p);
      const x2 = v128.load(p, 16);
      p += step;
      const v3 = v128.load(p);
      const x3 = v128.load(p, 16);
      p += step;
      const v4 = v128.load(p);
      const x4 = v128.load(p, 16);
      p += step;
      const v5 = v128.load(p);
      const x5 = v128.load(p, 16);
      p += step;
      const v6 = v128.load(p);
      const x6 = v128.load(p, 16);
      p += step;
      let g = v128.load(out);
      let h = v128.load(out, 16);
      g = madd(v0, d0, g);
      h = madd(x0, e0, h);
      g = madd(v1, d1, g);
      h = madd(x1, e1, h);
      g = madd(v2, d2, g);
      h = madd(x2, e2, h);
      g = madd(v3, d3, g);
      h = madd(x3, e3, h);
      g = madd(v4, d4, g);
      h = madd(x4, e4, h);
      g = madd(v5, d5, g);
      h = madd(x5, e5, h);
      g = madd(v6, d6, g);
      h = madd(x6, e6, h);
      v128.store(out, h, 16);
      v128.store(out, g);
      const v7 = v128.load(p);
      const x7 = v128.load(p, 16);
      g = v128.load(out, 32);
      h = v128.load(out, 48);
      g = madd(v1, d0, g);
      h = madd(x1, e0, h);
      g = madd(v2, d1, g);
      h = madd(x2, e1, h);
      g = madd(v3, d2, g);
      h = madd(x3, e2, h);
      g = madd(v4, d3, g);
      h = madd(x4, e3, h);
      g = madd(v5, d4, g);
      h = madd(x5, e4, h);
      g = madd(v6, d5, g);
      h = madd(x6, e5, h);
      g = madd(v7, d6, g);
      h = madd(x7, e6, h);
      v128.store(out, h, 48);
      v128.store(out, g, 32);
      p = <usize>load<u32>(table + row, 12) + at;
      const v8 = v128.load(p);
      const x8 = v128.load(p, 16);
      g = v128.load(out, 64);
      h = v128.load(out, 80);
      g = madd(v2, d0, g);
      h = madd(x2, e0, h);
      g = madd(v3, d1, g);
      h = madd(x3, e1, h);
      g = madd(v4, d2, g);
      h = madd(x4, e2, h);
      g = madd(v5, d3, g);
      h = madd(x5, e3, h);
      g = madd(v6, d4, g);
      h = madd(x6, e4, h);
      g = madd(v7, d5, g);
      h = madd(x7, e5, h);
      g = madd(v8, d6, g);
      h = madd(x8, e6, h);
      v128.store(out, h, 80);
      v128.store(out, g, 64);
    }
  }
}

/** As `depthwise_gradient_tile_2`. */
export function depthwise_gradient_tile_2_wide(
  table: usize,
  dy: usize,
  skip: i32,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    let from = dy + at;
    let q = skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    const e0 = v128.load(q, 16);
    from += pixel;
    q = skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    const e1 = v128.load(q, 16);
    from += pixel;
    q = skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    const e2 = v128.load(q, 16);
    from += pixel;
    q = skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    const e3 = v128.load(q, 16);
    from += pixel;
    q = skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    const e4 = v128.load(q, 16);
    from += pixel;
    q = skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    const e5 = v128.load(q, 16);
    from += pixel;
    const d6 = v128.load(from);
    const e6 = v128.load(from, 16);
    for (let row: usize = 0; row < ROWS; row += 16, out += 96) {
const step = <usize>load<u32>(table + row, 8);
      const middle = <usize>load<u32>(table + row, 4) + at;
      const twice = step << 1;
      let p = middle;
      const a0 = v128.load(p);
      const b0 = v128.load(p, 16);
      p += twice;
      const a1 = v128.load(p);
      const b1 = v128.load(p, 16);
      p += twice;
      const a2 = v128.load(p);
      const b2 = v128.load(p, 16);
      p += twice;
      const a3 = v128.load(p);
      const b3 = v128.load(p, 16);
      p += twice;
      const a4 = v128.load(p);
      const b4 = v128.load(p, 16);
      p += twice;
      const a5 = v128.load(p);
      const b5 = v128.load(p, 16);
      p += twice;
      const a6 = v128.load(p);
      const b6 = v128.load(p, 16);
      let g = v128.load(out, 32);
      let h = v128.load(out, 48);
      g = madd(a0, d0, g);
      h = madd(b0, e0, h);
      g = madd(a1, d1, g);
      h = madd(b1, e1, h);
      g = madd(a2, d2, g);
      h = madd(b2, e2, h);
      g = madd(a3, d3, g);
      h = madd(b3, e3, h);
      g = madd(a4, d4, g);
      h = madd(b4, e4, h);
      g = madd(a5, d5, g);
      h = madd(b5, e5, h);
      g = madd(a6, d6, g);
      h = madd(b6, e6, h);
      v128.store(out, h, 48);
      v128.store(out, g, 32);
      p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      const x0 = v128.load(p, 16);
      p = middle + step;
      const v1 = v128.load(p);
      const x1 = v128.load(p, 16);
      p += twice;
      const v2 = v128.load(p);
      const x2 = v128.load(p, 16);
      p += twice;
      const v3 = v128.load(p);
      const x3 = v128.load(p, 16);
      p += twice;
      const v4 = v128.load(p);
      const x4 = v128.load(p, 16);
      p += twice;
      const v5 = v128.load(p);
      const x5 = v128.load(p, 16);
      p += twice;
      const v6 = v128.load(p);
      const x6 = v128.load(p, 16);
      g = v128.load(out);
      h = v128.load(out, 16);
      g = madd(v0, d0, g);
      h = madd(x0, e0, h);
      g = madd(v1, d1, g);
      h = madd(x1, e1, h);
      g = madd(v2, d2, g);
      h = madd(x2, e2, h);
      g = madd(v3, d3, g);
      h = madd(x3, e3, h);
      g = madd(v4, d4, g);
      h = madd(x4, e4, h);
      g = madd(v5, d5, g);
      h = madd(x5, e5, h);
      g = madd(v6, d6, g);
      h = madd(x6, e6, h);
      v128.store(out, h, 16);
      v128.store(out, g);
      p = <usize>load<u32>(table + row, 12) + at;
      const v7 = v128.load(p);
      const x7 = v128.load(p, 16);
      g = v128.load(out, 64);
      h = v128.load(out, 80);
      g = madd(v1, d0, g);
      h = madd(x1, e0, h);
      g = madd(v2, d1, g);
      h = madd(x2, e1, h);
      g = madd(v3, d2, g);
      h = madd(x3, e2, h);
      g = madd(v4, d3, g);
      h = madd(x4, e3, h);
      g = madd(v5, d4, g);
      h = madd(x5, e4, h);
      g = madd(v6, d5, g);
      h = madd(x6, e5, h);
      g = madd(v7, d6, g);
      h = madd(x7, e6, h);
      v128.store(out, h, 80);
      v128.store(out, g, 64);
    }
  }
}

/** As `depthwise_spread_row`. */
export function depthwise_spread_row_wide(
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
  for (let c = 0; c < channels; c += 8) {
    const w00 = v128.load(w0);
    const x00 = v128.load(w0, 16);
    const w01 = v128.load(w0, 32);
    const x01 = v128.load(w0, 48);
    const w02 = v128.load(w0, 64);
    const x02 = v128.load(w0, 80);
    const w10 = v128.load(w1);
    const x10 = v128.load(w1, 16);
    const w11 = v128.load(w1, 32);
    const x11 = v128.load(w1, 48);
    const w12 = v128.load(w1, 64);
    const x12 = v128.load(w1, 80);
    let a = v128.load(d0);
    let e = v128.load(d0, 16);
    let b = v128.load(d1);
    let f = v128.load(d1, 16);
    let p0 = d0 + s0;
    let p1 = d1 + s1;
    let to = out;
    for (let q = 1; q < width; q++) {
      let y = madd(a, w01, f32x4.mul(b, w11));
      let z = madd(e, x01, f32x4.mul(f, x11));
      v128.store(to, z, 16);
      v128.store(to, y);
      y = madd(a, w02, f32x4.mul(b, w12));
      z = madd(e, x02, f32x4.mul(f, x12));
      a = v128.load(p0);
      e = v128.load(p0, 16);
      b = v128.load(p1);
      f = v128.load(p1, 16);
      y = madd(b, w10, madd(a, w00, y));
      z = madd(f, x10, madd(e, x00, z));
      const second = to + s0;
      v128.store(second, z, 16);
      v128.store(second, y);
      p0 += s0;
      p1 += s1;
      to += s0 << 1;
    }
    let y = madd(a, w01, f32x4.mul(b, w11));
    let z = madd(e, x01, f32x4.mul(f, x11));
    v128.store(to, z, 16);
    v128.store(to, y);
    if (width << 1 == outWidth) {
      const second = to + s0;
      y = madd(a, w02, f32x4.mul(b, w12));
      z = madd(e, x02, f32x4.mul(f, x12));
      v128.store(second, z, 16);
      v128.store(second, y);
    }
    d0 += 32;
    d1 += s1 ? 32 : 0;
    out += 32;
    w0 += 288;
    w1 += 288;
  }
}
