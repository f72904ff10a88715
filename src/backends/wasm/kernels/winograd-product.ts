import { madd, TWELVE_FIT, VECTOR } from './simd';

/**
 * The products of Winograd's algorithm (winograd.ts), of tiles × channels for one of the 16 places. Planes of x and `out` are
 * [tile][vector of channels], `planeBytes` each. Bound by arithmetic and by the 15 registers that V8 has on x64: twelve
 * accumulators, two vectors of weights and a splat of x fit. Tiles are whole, since their accumulators are registers. They are twins
 * of grouped.ts's `tile_8x4` and `tile_4x8`, unrolled alike, which find x and weights through a table.
 */

/**
 * out[tile][4] = Σ over `channels` of x[channel][tile] · w[channel][4], eight tiles at a time. Added to what is there if `add` is
 * not 0.
 *
 * @widen
 */
export function winograd_product_4(
  x: usize,
  planeBytes: usize,
  w: usize,
  channels: i32,
  out: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels * VECTOR);
  for (const end = x + (<usize>tiles * VECTOR); x < end; x += 8 * VECTOR, out += 8 * VECTOR) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let a4 = a0;
    let a5 = a0;
    let a6 = a0;
    let a7 = a0;
    let plane = x;
    for (let wp = w; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + VECTOR; xp < last; xp += 4, wp += VECTOR) {
        const w0 = v128.load(wp);
        let v = v128.load32_splat(xp);
        a0 = madd(v, w0, a0);
        v = v128.load32_splat(xp, VECTOR);
        a1 = madd(v, w0, a1);
        v = v128.load32_splat(xp, 2 * VECTOR);
        a2 = madd(v, w0, a2);
        v = v128.load32_splat(xp, 3 * VECTOR);
        a3 = madd(v, w0, a3);
        v = v128.load32_splat(xp, 4 * VECTOR);
        a4 = madd(v, w0, a4);
        v = v128.load32_splat(xp, 5 * VECTOR);
        a5 = madd(v, w0, a5);
        v = v128.load32_splat(xp, 6 * VECTOR);
        a6 = madd(v, w0, a6);
        v = v128.load32_splat(xp, 7 * VECTOR);
        a7 = madd(v, w0, a7);
      }
    }
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, VECTOR));
      a2 = f32x4.add(a2, v128.load(out, 2 * VECTOR));
      a3 = f32x4.add(a3, v128.load(out, 3 * VECTOR));
      a4 = f32x4.add(a4, v128.load(out, 4 * VECTOR));
      a5 = f32x4.add(a5, v128.load(out, 5 * VECTOR));
      a6 = f32x4.add(a6, v128.load(out, 6 * VECTOR));
      a7 = f32x4.add(a7, v128.load(out, 7 * VECTOR));
    }
    v128.store(out, a0);
    v128.store(out, a1, VECTOR);
    v128.store(out, a2, 2 * VECTOR);
    v128.store(out, a3, 3 * VECTOR);
    v128.store(out, a4, 4 * VECTOR);
    v128.store(out, a5, 5 * VECTOR);
    v128.store(out, a6, 6 * VECTOR);
    v128.store(out, a7, 7 * VECTOR);
  }
}

/** Bytes of a plane that `winograd_product_8` takes at a time. */
// @ts-ignore: decorator
@inline
const TILES_BYTES: usize = TWELVE_FIT ? 96 : 64;

/**
 * The same for eight output channels, six tiles at a time, or four; `out` has two planes. Twin of `winograd_product_wide_16`: kept apart
 * because here both vectors of weights are of one panel, [channel][8], and there of two.
 */
export function winograd_product_8(
  x: usize,
  planeBytes: usize,
  w: usize,
  channels: i32,
  out: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels << 5);
  for (const end = x + (<usize>tiles << 4); x < end; x += TILES_BYTES, out += TILES_BYTES) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let a4 = a0;
    let a5 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let b4 = a0;
    let b5 = a0;
    let plane = x;
    for (let wp = w; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + 16; xp < last; xp += 4, wp += 32) {
        const w0 = v128.load(wp);
        const w1 = v128.load(wp, 16);
        let v = v128.load32_splat(xp);
        a0 = madd(v, w0, a0);
        b0 = madd(v, w1, b0);
        v = v128.load32_splat(xp, 16);
        a1 = madd(v, w0, a1);
        b1 = madd(v, w1, b1);
        v = v128.load32_splat(xp, 32);
        a2 = madd(v, w0, a2);
        b2 = madd(v, w1, b2);
        v = v128.load32_splat(xp, 48);
        a3 = madd(v, w0, a3);
        b3 = madd(v, w1, b3);
        if (TWELVE_FIT) {
          v = v128.load32_splat(xp, 64);
          a4 = madd(v, w0, a4);
          b4 = madd(v, w1, b4);
          v = v128.load32_splat(xp, 80);
          a5 = madd(v, w0, a5);
          b5 = madd(v, w1, b5);
        }
      }
    }
    const second = out + planeBytes;
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, 16));
      a2 = f32x4.add(a2, v128.load(out, 32));
      a3 = f32x4.add(a3, v128.load(out, 48));
      if (TWELVE_FIT) {
        a4 = f32x4.add(a4, v128.load(out, 64));
        a5 = f32x4.add(a5, v128.load(out, 80));
      }
      b0 = f32x4.add(b0, v128.load(second));
      b1 = f32x4.add(b1, v128.load(second, 16));
      b2 = f32x4.add(b2, v128.load(second, 32));
      b3 = f32x4.add(b3, v128.load(second, 48));
      if (TWELVE_FIT) {
        b4 = f32x4.add(b4, v128.load(second, 64));
        b5 = f32x4.add(b5, v128.load(second, 80));
      }
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
    if (TWELVE_FIT) {
      v128.store(out, a4, 64);
      v128.store(out, a5, 80);
    }
    v128.store(second, b0);
    v128.store(second, b1, 16);
    v128.store(second, b2, 32);
    v128.store(second, b3, 48);
    if (TWELVE_FIT) {
      v128.store(second, b4, 64);
      v128.store(second, b5, 80);
    }
  }
}

/** The same from four channels to four, whose weights stay in registers. */
export function winograd_product_4x4(x: usize, w: usize, out: usize, tiles: i32): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w, 16);
  const w2 = v128.load(w, 32);
  const w3 = v128.load(w, 48);
  for (const end = x + (<usize>tiles << 4); x < end; x += 128, out += 128) {
    let a0 = f32x4.mul(v128.load32_splat(x), w0);
    let a1 = f32x4.mul(v128.load32_splat(x, 16), w0);
    let a2 = f32x4.mul(v128.load32_splat(x, 32), w0);
    let a3 = f32x4.mul(v128.load32_splat(x, 48), w0);
    let a4 = f32x4.mul(v128.load32_splat(x, 64), w0);
    let a5 = f32x4.mul(v128.load32_splat(x, 80), w0);
    let a6 = f32x4.mul(v128.load32_splat(x, 96), w0);
    let a7 = f32x4.mul(v128.load32_splat(x, 112), w0);
    a0 = madd(v128.load32_splat(x, 4), w1, a0);
    a1 = madd(v128.load32_splat(x, 20), w1, a1);
    a2 = madd(v128.load32_splat(x, 36), w1, a2);
    a3 = madd(v128.load32_splat(x, 52), w1, a3);
    a4 = madd(v128.load32_splat(x, 68), w1, a4);
    a5 = madd(v128.load32_splat(x, 84), w1, a5);
    a6 = madd(v128.load32_splat(x, 100), w1, a6);
    a7 = madd(v128.load32_splat(x, 116), w1, a7);
    a0 = madd(v128.load32_splat(x, 8), w2, a0);
    a1 = madd(v128.load32_splat(x, 24), w2, a1);
    a2 = madd(v128.load32_splat(x, 40), w2, a2);
    a3 = madd(v128.load32_splat(x, 56), w2, a3);
    a4 = madd(v128.load32_splat(x, 72), w2, a4);
    a5 = madd(v128.load32_splat(x, 88), w2, a5);
    a6 = madd(v128.load32_splat(x, 104), w2, a6);
    a7 = madd(v128.load32_splat(x, 120), w2, a7);
    v128.store(out, madd(v128.load32_splat(x, 12), w3, a0));
    v128.store(out, madd(v128.load32_splat(x, 28), w3, a1), 16);
    v128.store(out, madd(v128.load32_splat(x, 44), w3, a2), 32);
    v128.store(out, madd(v128.load32_splat(x, 60), w3, a3), 48);
    v128.store(out, madd(v128.load32_splat(x, 76), w3, a4), 64);
    v128.store(out, madd(v128.load32_splat(x, 92), w3, a5), 80);
    v128.store(out, madd(v128.load32_splat(x, 108), w3, a6), 96);
    v128.store(out, madd(v128.load32_splat(x, 124), w3, a7), 112);
  }
}
