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
