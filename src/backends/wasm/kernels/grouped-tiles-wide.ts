import { madd } from './simd';

/**
 * The register tiles of grouped.ts and grouped-gradient.ts for 256-bit vectors: eight output channels are two vectors side by side
 * that become one, and where there are sixteen, two of those. Output rows and dy are then planes of eight channels,
 * [plane][column][8], so that both halves are neighbours. Each sum is the narrow tile's, in the same order. The upper half is
 * stored first: V8 then leaves out the narrow store that it keeps in case the wide one traps.
 *
 * Twins of the narrow tiles, kept apart (scripts/widen.ts makes others) because they differ in more than width: a narrow tile takes
 * two input channels an entry of the table, four would spill; its second vector is of the same panel of weights, [c][8], and
 * of another plane of dy, where here each panel and each plane holds a pair.
 *
 * Bound by the 15 registers that V8 has on x64: one input channel a turn; four unrolled spill and are a quarter slower (docs/LOG.md).
 */

/** A row, 8 pixels × 8 output channels at a time: `tile_4x8`, twice as long. An entry of the table is four input channels. */
export function tile_8x8_wide(
  x: usize,
  w: usize,
  table: usize,
  end: usize,
  out: usize,
  columns: i32,
): void {
  for (let q = 0; q < columns; q += 8) {
    let a0 = f32x4.splat(0);
    let b0 = a0;
    let a1 = a0;
    let b1 = a0;
    let a2 = a0;
    let b2 = a0;
    let a3 = a0;
    let b3 = a0;
    let a4 = a0;
    let b4 = a0;
    let a5 = a0;
    let b5 = a0;
    let a6 = a0;
    let b6 = a0;
    let a7 = a0;
    let b7 = a0;
    for (let entry = table; entry < end; entry += 8) {
      let xp = x + load<u32>(entry);
      let wp = w + (load<u32>(entry, 4) << 1);
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
        v = v128.load32_splat(xp, 64);
        a4 = madd(v, w0, a4);
        b4 = madd(v, w1, b4);
        v = v128.load32_splat(xp, 80);
        a5 = madd(v, w0, a5);
        b5 = madd(v, w1, b5);
        v = v128.load32_splat(xp, 96);
        a6 = madd(v, w0, a6);
        b6 = madd(v, w1, b6);
        v = v128.load32_splat(xp, 112);
        a7 = madd(v, w0, a7);
        b7 = madd(v, w1, b7);
      }
    }
    v128.store(out, b0, 16);
    v128.store(out, a0);
    v128.store(out, b1, 48);
    v128.store(out, a1, 32);
    v128.store(out, b2, 80);
    v128.store(out, a2, 64);
    v128.store(out, b3, 112);
    v128.store(out, a3, 96);
    v128.store(out, b4, 144);
    v128.store(out, a4, 128);
    v128.store(out, b5, 176);
    v128.store(out, a5, 160);
    v128.store(out, b6, 208);
    v128.store(out, a6, 192);
    v128.store(out, b7, 240);
    v128.store(out, a7, 224);
    x += 128;
    out += 256;
  }
}

/** A row, 4 pixels × 16 output channels at a time, the second eight of which have their weights `panelBytes` further. */
export function tile_4x16_wide(
  x: usize,
  w: usize,
  panelBytes: usize,
  table: usize,
  end: usize,
  out: usize,
  outPlaneBytes: usize,
  columns: i32,
): void {
  for (let q = 0; q < columns; q += 4) {
    let a0 = f32x4.splat(0);
    let b0 = a0;
    let c0 = a0;
    let d0 = a0;
    let a1 = a0;
    let b1 = a0;
    let c1 = a0;
    let d1 = a0;
    let a2 = a0;
    let b2 = a0;
    let c2 = a0;
    let d2 = a0;
    let a3 = a0;
    let b3 = a0;
    let c3 = a0;
    let d3 = a0;
    for (let entry = table; entry < end; entry += 8) {
      let xp = x + load<u32>(entry);
      let wp = w + (load<u32>(entry, 4) << 1);
      let vp = wp + panelBytes;
      for (const last = xp + 16; xp < last; xp += 4, wp += 32, vp += 32) {
        const w0 = v128.load(wp);
        const w1 = v128.load(wp, 16);
        const w2 = v128.load(vp);
        const w3 = v128.load(vp, 16);
        let v = v128.load32_splat(xp);
        a0 = madd(v, w0, a0);
        b0 = madd(v, w1, b0);
        c0 = madd(v, w2, c0);
        d0 = madd(v, w3, d0);
        v = v128.load32_splat(xp, 16);
        a1 = madd(v, w0, a1);
        b1 = madd(v, w1, b1);
        c1 = madd(v, w2, c1);
        d1 = madd(v, w3, d1);
        v = v128.load32_splat(xp, 32);
        a2 = madd(v, w0, a2);
        b2 = madd(v, w1, b2);
        c2 = madd(v, w2, c2);
        d2 = madd(v, w3, d2);
        v = v128.load32_splat(xp, 48);
        a3 = madd(v, w0, a3);
        b3 = madd(v, w1, b3);
        c3 = madd(v, w2, c3);
        d3 = madd(v, w3, d3);
      }
    }
    v128.store(out, b0, 16);
    v128.store(out, a0);
    v128.store(out, b1, 48);
    v128.store(out, a1, 32);
    v128.store(out, b2, 80);
    v128.store(out, a2, 64);
    v128.store(out, b3, 112);
    v128.store(out, a3, 96);
    const second = out + outPlaneBytes;
    v128.store(second, d0, 16);
    v128.store(second, c0);
    v128.store(second, d1, 48);
    v128.store(second, c1, 32);
    v128.store(second, d2, 80);
    v128.store(second, c2, 64);
    v128.store(second, d3, 112);
    v128.store(second, c3, 96);
    x += 64;
    out += 128;
  }
}

/** One tap, 8 input (of two planes) × 8 output channels: out[c][8] += Σ over pixels x[c]·dy[8]. */
export function tile_gradient_8x8_wide(
  x: usize,
  xPlaneBytes: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: i32,
  columns: i32,
  out: usize,
): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let a4 = a0;
  let b4 = a0;
  let a5 = a0;
  let b5 = a0;
  let a6 = a0;
  let b6 = a0;
  let a7 = a0;
  let b7 = a0;
  for (let row = 0; row < rows; row++) {
    let xp = x;
    let yp = x + xPlaneBytes;
    let dp = dy;
    for (const end = xp + (<usize>columns << 4); xp < end; xp += 16, dp += 32, yp += 16) {
      const y0 = v128.load(dp);
      const y1 = v128.load(dp, 16);
      let v = v128.load32_splat(xp);
      a0 = madd(v, y0, a0);
      b0 = madd(v, y1, b0);
      v = v128.load32_splat(xp, 4);
      a1 = madd(v, y0, a1);
      b1 = madd(v, y1, b1);
      v = v128.load32_splat(xp, 8);
      a2 = madd(v, y0, a2);
      b2 = madd(v, y1, b2);
      v = v128.load32_splat(xp, 12);
      a3 = madd(v, y0, a3);
      b3 = madd(v, y1, b3);
      v = v128.load32_splat(yp);
      a4 = madd(v, y0, a4);
      b4 = madd(v, y1, b4);
      v = v128.load32_splat(yp, 4);
      a5 = madd(v, y0, a5);
      b5 = madd(v, y1, b5);
      v = v128.load32_splat(yp, 8);
      a6 = madd(v, y0, a6);
      b6 = madd(v, y1, b6);
      v = v128.load32_splat(yp, 12);
      a7 = madd(v, y0, a7);
      b7 = madd(v, y1, b7);
    }
    x += xStep;
    dy += dyStep;
  }
  accumulatePair(out, a0, b0);
  accumulatePair(out + 32, a1, b1);
  accumulatePair(out + 64, a2, b2);
  accumulatePair(out + 96, a3, b3);
  accumulatePair(out + 128, a4, b4);
  accumulatePair(out + 160, a5, b5);
  accumulatePair(out + 192, a6, b6);
  accumulatePair(out + 224, a7, b7);
}

/** One tap, 4 input × 16 output channels, the second eight of which have their sums `panelBytes` further. */
export function tile_gradient_4x16_wide(
  x: usize,
  xStep: usize,
  dy: usize,
  dyPlaneBytes: usize,
  dyStep: usize,
  rows: i32,
  columns: i32,
  out: usize,
  panelBytes: usize,
): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let c0 = a0;
  let d0 = a0;
  let a1 = a0;
  let b1 = a0;
  let c1 = a0;
  let d1 = a0;
  let a2 = a0;
  let b2 = a0;
  let c2 = a0;
  let d2 = a0;
  let a3 = a0;
  let b3 = a0;
  let c3 = a0;
  let d3 = a0;
  for (let row = 0; row < rows; row++) {
    let xp = x;
    let dp = dy;
    let ep = dy + dyPlaneBytes;
    for (const end = xp + (<usize>columns << 4); xp < end; xp += 16, dp += 32, ep += 32) {
      const y0 = v128.load(dp);
      const y1 = v128.load(dp, 16);
      const y2 = v128.load(ep);
      const y3 = v128.load(ep, 16);
      let v = v128.load32_splat(xp);
      a0 = madd(v, y0, a0);
      b0 = madd(v, y1, b0);
      c0 = madd(v, y2, c0);
      d0 = madd(v, y3, d0);
      v = v128.load32_splat(xp, 4);
      a1 = madd(v, y0, a1);
      b1 = madd(v, y1, b1);
      c1 = madd(v, y2, c1);
      d1 = madd(v, y3, d1);
      v = v128.load32_splat(xp, 8);
      a2 = madd(v, y0, a2);
      b2 = madd(v, y1, b2);
      c2 = madd(v, y2, c2);
      d2 = madd(v, y3, d2);
      v = v128.load32_splat(xp, 12);
      a3 = madd(v, y0, a3);
      b3 = madd(v, y1, b3);
      c3 = madd(v, y2, c3);
      d3 = madd(v, y3, d3);
    }
    x += xStep;
    dy += dyStep;
  }
  accumulatePair(out, a0, b0);
  accumulatePair(out + 32, a1, b1);
  accumulatePair(out + 64, a2, b2);
  accumulatePair(out + 96, a3, b3);
  const second = out + panelBytes;
  accumulatePair(second, c0, d0);
  accumulatePair(second + 32, c1, d1);
  accumulatePair(second + 64, c2, d2);
  accumulatePair(second + 96, c3, d3);
}

// @ts-ignore: decorator
@inline
function accumulatePair(to: usize, v: v128, w: v128): void {
  const first = f32x4.add(v128.load(to), v);
  const second = f32x4.add(v128.load(to, 16), w);
  v128.store(to, second, 16);
  v128.store(to, first);
}

/** `packRow` of strip.ts into planes of eight channels, of which there are whole ones, without phases and without a border. */
export function pack_row_wide(source: usize, pixelBytes: usize, width: i32, channels: i32, target: usize): void {
  const planeBytes = <usize>width << 5;
  for (let channel = 0; channel < channels; channel += 8) {
    let from = source + (<usize>channel << 2);
    const end = target + planeBytes;
    for (; target < end; target += 32) {
      const v = v128.load(from);
      const w = v128.load(from, 16);
      v128.store(target, w, 16);
      v128.store(target, v);
      from += pixelBytes;
    }
  }
}
