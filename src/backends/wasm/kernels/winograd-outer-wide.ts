import { madd } from './simd';

/**
 * The products of Winograd's gradient (winograd-gradient.ts) for 256-bit vectors, of planes of eight channels. Twins of
 * `tile_gradient_4x8` and `winograd_outer_2x4x4`, kept apart because they differ in more than width: the sums of a fresh slice are not
 * read first, eight input channels are of one plane, and two groups of four share one.
 *
 * Bound by arithmetic, but for groups of four, where each load serves four multiplications. Tiles are whole: their sixteen accumulators
 * are registers, eight of 256 bits.
 */

/** Eight input × eight output channels: out[c][8] = Σ over tiles x[c]·dy[8], added to what is there unless it is `fresh`. */
export function winograd_outer_wide_8x8(
  x: usize,
  dy: usize,
  tiles: i32,
  out: usize,
  fresh: bool,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let e0 = a0;
  let e1 = a0;
  let f0 = a0;
  let f1 = a0;
  let g0 = a0;
  let g1 = a0;
  let h0 = a0;
  let h1 = a0;
  for (const end = x + (<usize>tiles << 5); x < end; x += 32, dy += 32) {
    const y0 = v128.load(dy);
    const y1 = v128.load(dy, 16);
    let v = v128.load32_splat(x);
    a0 = madd(v, y0, a0);
    a1 = madd(v, y1, a1);
    v = v128.load32_splat(x, 4);
    b0 = madd(v, y0, b0);
    b1 = madd(v, y1, b1);
    v = v128.load32_splat(x, 8);
    c0 = madd(v, y0, c0);
    c1 = madd(v, y1, c1);
    v = v128.load32_splat(x, 12);
    d0 = madd(v, y0, d0);
    d1 = madd(v, y1, d1);
    v = v128.load32_splat(x, 16);
    e0 = madd(v, y0, e0);
    e1 = madd(v, y1, e1);
    v = v128.load32_splat(x, 20);
    f0 = madd(v, y0, f0);
    f1 = madd(v, y1, f1);
    v = v128.load32_splat(x, 24);
    g0 = madd(v, y0, g0);
    g1 = madd(v, y1, g1);
    v = v128.load32_splat(x, 28);
    h0 = madd(v, y0, h0);
    h1 = madd(v, y1, h1);
  }
  if (fresh) {
    // Added to 0, as the narrow tiles do it: −0 becomes 0.
    const zero = f32x4.splat(0);
    a0 = f32x4.add(zero, a0);
    a1 = f32x4.add(zero, a1);
    b0 = f32x4.add(zero, b0);
    b1 = f32x4.add(zero, b1);
    c0 = f32x4.add(zero, c0);
    c1 = f32x4.add(zero, c1);
    d0 = f32x4.add(zero, d0);
    d1 = f32x4.add(zero, d1);
    e0 = f32x4.add(zero, e0);
    e1 = f32x4.add(zero, e1);
    f0 = f32x4.add(zero, f0);
    f1 = f32x4.add(zero, f1);
    g0 = f32x4.add(zero, g0);
    g1 = f32x4.add(zero, g1);
    h0 = f32x4.add(zero, h0);
    h1 = f32x4.add(zero, h1);
  } else {
    a0 = f32x4.add(v128.load(out), a0);
    a1 = f32x4.add(v128.load(out, 16), a1);
    b0 = f32x4.add(v128.load(out, 32), b0);
    b1 = f32x4.add(v128.load(out, 48), b1);
    c0 = f32x4.add(v128.load(out, 64), c0);
    c1 = f32x4.add(v128.load(out, 80), c1);
    d0 = f32x4.add(v128.load(out, 96), d0);
    d1 = f32x4.add(v128.load(out, 112), d1);
    e0 = f32x4.add(v128.load(out, 128), e0);
    e1 = f32x4.add(v128.load(out, 144), e1);
    f0 = f32x4.add(v128.load(out, 160), f0);
    f1 = f32x4.add(v128.load(out, 176), f1);
    g0 = f32x4.add(v128.load(out, 192), g0);
    g1 = f32x4.add(v128.load(out, 208), g1);
    h0 = f32x4.add(v128.load(out, 224), h0);
    h1 = f32x4.add(v128.load(out, 240), h1);
  }
  v128.store(out, a1, 16);
  v128.store(out, a0);
  v128.store(out, b1, 48);
  v128.store(out, b0, 32);
  v128.store(out, c1, 80);
  v128.store(out, c0, 64);
  v128.store(out, d1, 112);
  v128.store(out, d0, 96);
  v128.store(out, e1, 144);
  v128.store(out, e0, 128);
  v128.store(out, f1, 176);
  v128.store(out, f0, 160);
  v128.store(out, g1, 208);
  v128.store(out, g0, 192);
  v128.store(out, h1, 240);
  v128.store(out, h0, 224);
}

/** Four input × sixteen output channels, of two planes of dy and two panels of `out`. */
export function winograd_outer_wide_4x16(
  x: usize,
  dy: usize,
  planeBytes: usize,
  tiles: i32,
  out: usize,
  panelBytes: usize,
  fresh: bool,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  let c3 = a0;
  let d0 = a0;
  let d1 = a0;
  let d2 = a0;
  let d3 = a0;
  let ep = dy + planeBytes;
  for (const end = x + (<usize>tiles << 5); x < end; x += 32, dy += 32, ep += 32) {
    const y0 = v128.load(dy);
    const y1 = v128.load(dy, 16);
    const y2 = v128.load(ep);
    const y3 = v128.load(ep, 16);
    let v = v128.load32_splat(x);
    a0 = madd(v, y0, a0);
    a1 = madd(v, y1, a1);
    a2 = madd(v, y2, a2);
    a3 = madd(v, y3, a3);
    v = v128.load32_splat(x, 4);
    b0 = madd(v, y0, b0);
    b1 = madd(v, y1, b1);
    b2 = madd(v, y2, b2);
    b3 = madd(v, y3, b3);
    v = v128.load32_splat(x, 8);
    c0 = madd(v, y0, c0);
    c1 = madd(v, y1, c1);
    c2 = madd(v, y2, c2);
    c3 = madd(v, y3, c3);
    v = v128.load32_splat(x, 12);
    d0 = madd(v, y0, d0);
    d1 = madd(v, y1, d1);
    d2 = madd(v, y2, d2);
    d3 = madd(v, y3, d3);
  }
  const second = out + panelBytes;
  if (fresh) {
    // Added to 0, as the narrow tiles do it: −0 becomes 0.
    const zero = f32x4.splat(0);
    a0 = f32x4.add(zero, a0);
    a1 = f32x4.add(zero, a1);
    a2 = f32x4.add(zero, a2);
    a3 = f32x4.add(zero, a3);
    b0 = f32x4.add(zero, b0);
    b1 = f32x4.add(zero, b1);
    b2 = f32x4.add(zero, b2);
    b3 = f32x4.add(zero, b3);
    c0 = f32x4.add(zero, c0);
    c1 = f32x4.add(zero, c1);
    c2 = f32x4.add(zero, c2);
    c3 = f32x4.add(zero, c3);
    d0 = f32x4.add(zero, d0);
    d1 = f32x4.add(zero, d1);
    d2 = f32x4.add(zero, d2);
    d3 = f32x4.add(zero, d3);
  } else {
    a0 = f32x4.add(v128.load(out), a0);
    a1 = f32x4.add(v128.load(out, 16), a1);
    a2 = f32x4.add(v128.load(second), a2);
    a3 = f32x4.add(v128.load(second, 16), a3);
    b0 = f32x4.add(v128.load(out, 32), b0);
    b1 = f32x4.add(v128.load(out, 48), b1);
    b2 = f32x4.add(v128.load(second, 32), b2);
    b3 = f32x4.add(v128.load(second, 48), b3);
    c0 = f32x4.add(v128.load(out, 64), c0);
    c1 = f32x4.add(v128.load(out, 80), c1);
    c2 = f32x4.add(v128.load(second, 64), c2);
    c3 = f32x4.add(v128.load(second, 80), c3);
    d0 = f32x4.add(v128.load(out, 96), d0);
    d1 = f32x4.add(v128.load(out, 112), d1);
    d2 = f32x4.add(v128.load(second, 96), d2);
    d3 = f32x4.add(v128.load(second, 112), d3);
  }
  v128.store(out, a1, 16);
  v128.store(out, a0);
  v128.store(out, b1, 48);
  v128.store(out, b0, 32);
  v128.store(out, c1, 80);
  v128.store(out, c0, 64);
  v128.store(out, d1, 112);
  v128.store(out, d0, 96);
  v128.store(second, a3, 16);
  v128.store(second, a2);
  v128.store(second, b3, 48);
  v128.store(second, b2, 32);
  v128.store(second, c3, 80);
  v128.store(second, c2, 64);
  v128.store(second, d3, 112);
  v128.store(second, d2, 96);
}

/**
 * Two groups of 4 input × 4 output channels, two places: sums[place][c][8] = Σ over tiles x[c]·dy[4], the first group's in the lower
 * half.
 */
export function winograd_outer_wide_2x4x4(
  x0: usize,
  x1: usize,
  dy0: usize,
  dy1: usize,
  tiles: i32,
  sums: usize,
): void {
  let a0 = f32x4.splat(0);
  let A0 = a0;
  let a1 = a0;
  let A1 = a0;
  let a2 = a0;
  let A2 = a0;
  let a3 = a0;
  let A3 = a0;
  let b0 = a0;
  let B0 = a0;
  let b1 = a0;
  let B1 = a0;
  let b2 = a0;
  let B2 = a0;
  let b3 = a0;
  let B3 = a0;
  const end = <usize>tiles << 5;
  for (let at: usize = 0; at < end; at += 32) {
    const pAt = x0 + at;
    const p = v128.load(pAt);
    const P = v128.load(pAt, 16);
    const dAt = dy0 + at;
    const d = v128.load(dAt);
    const D = v128.load(dAt, 16);
    a0 = madd(v128.shuffle<f32>(p, p, 0, 0, 0, 0), d, a0);
    A0 = madd(v128.shuffle<f32>(P, P, 0, 0, 0, 0), D, A0);
    a1 = madd(v128.shuffle<f32>(p, p, 1, 1, 1, 1), d, a1);
    A1 = madd(v128.shuffle<f32>(P, P, 1, 1, 1, 1), D, A1);
    a2 = madd(v128.shuffle<f32>(p, p, 2, 2, 2, 2), d, a2);
    A2 = madd(v128.shuffle<f32>(P, P, 2, 2, 2, 2), D, A2);
    a3 = madd(v128.shuffle<f32>(p, p, 3, 3, 3, 3), d, a3);
    A3 = madd(v128.shuffle<f32>(P, P, 3, 3, 3, 3), D, A3);
    const qAt = x1 + at;
    const q = v128.load(qAt);
    const Q = v128.load(qAt, 16);
    const eAt = dy1 + at;
    const e = v128.load(eAt);
    const E = v128.load(eAt, 16);
    b0 = madd(v128.shuffle<f32>(q, q, 0, 0, 0, 0), e, b0);
    B0 = madd(v128.shuffle<f32>(Q, Q, 0, 0, 0, 0), E, B0);
    b1 = madd(v128.shuffle<f32>(q, q, 1, 1, 1, 1), e, b1);
    B1 = madd(v128.shuffle<f32>(Q, Q, 1, 1, 1, 1), E, B1);
    b2 = madd(v128.shuffle<f32>(q, q, 2, 2, 2, 2), e, b2);
    B2 = madd(v128.shuffle<f32>(Q, Q, 2, 2, 2, 2), E, B2);
    b3 = madd(v128.shuffle<f32>(q, q, 3, 3, 3, 3), e, b3);
    B3 = madd(v128.shuffle<f32>(Q, Q, 3, 3, 3, 3), E, B3);
  }
  v128.store(sums, A0, 16);
  v128.store(sums, a0);
  v128.store(sums, A1, 48);
  v128.store(sums, a1, 32);
  v128.store(sums, A2, 80);
  v128.store(sums, a2, 64);
  v128.store(sums, A3, 112);
  v128.store(sums, a3, 96);
  v128.store(sums, B0, 144);
  v128.store(sums, b0, 128);
  v128.store(sums, B1, 176);
  v128.store(sums, b1, 160);
  v128.store(sums, B2, 208);
  v128.store(sums, b2, 192);
  v128.store(sums, B3, 240);
  v128.store(sums, b3, 224);
}
