import { madd } from './simd';

/**
 * Products of Winograd's algorithm for 256-bit vectors that have no narrow counterpart of the same form; those that do are made of
 * winograd-product.ts. Planes are of eight channels, 32 bytes a tile, whose two halves are loaded, computed and stored side by side.
 * Each sum is the one that the narrow products compute, in the same order.
 *
 * Bound by arithmetic and by the registers: groups of four and of eight do 111 GFLOP/s a thread (docs/LOG.md), of some 143 that chains
 * in registers do. Tiles are whole: their accumulators are registers.
 */

/**
 * `winograd_product_4_wide` of eight channels, whose weights stay in registers. A turn ends the sums of one tile and begins those of the
 * next: were they of one tile, the compiler would load all eight splats first, which are too many registers.
 */
export function winograd_product_wide_8x8(x: usize, w: usize, out: usize, tiles: i32): void {
  const w0 = v128.load(w);
  const W0 = v128.load(w, 16);
  const w1 = v128.load(w, 32);
  const W1 = v128.load(w, 48);
  const w2 = v128.load(w, 64);
  const W2 = v128.load(w, 80);
  const w3 = v128.load(w, 96);
  const W3 = v128.load(w, 112);
  const w4 = v128.load(w, 128);
  const W4 = v128.load(w, 144);
  const w5 = v128.load(w, 160);
  const W5 = v128.load(w, 176);
  const w6 = v128.load(w, 192);
  const W6 = v128.load(w, 208);
  const w7 = v128.load(w, 224);
  const W7 = v128.load(w, 240);
  const zero = f32x4.splat(0);
  let v: v128;
  let a: v128;
  let A: v128;
  v = v128.load32_splat(x);
  a = madd(v, w0, zero);
  A = madd(v, W0, zero);
  v = v128.load32_splat(x, 4);
  a = madd(v, w1, a);
  A = madd(v, W1, A);
  v = v128.load32_splat(x, 8);
  a = madd(v, w2, a);
  A = madd(v, W2, A);
  v = v128.load32_splat(x, 12);
  a = madd(v, w3, a);
  A = madd(v, W3, A);
  for (const end = x + (<usize>tiles << 5); x < end; x += 32, out += 32) {
    v = v128.load32_splat(x, 16);
    a = madd(v, w4, a);
    A = madd(v, W4, A);
    v = v128.load32_splat(x, 20);
    a = madd(v, w5, a);
    A = madd(v, W5, A);
    v = v128.load32_splat(x, 24);
    a = madd(v, w6, a);
    A = madd(v, W6, A);
    v = v128.load32_splat(x, 28);
    a = madd(v, w7, a);
    A = madd(v, W7, A);
    v128.store(out, A, 16);
    v128.store(out, a);
    v = v128.load32_splat(x, 32);
    a = madd(v, w0, zero);
    A = madd(v, W0, zero);
    v = v128.load32_splat(x, 36);
    a = madd(v, w1, a);
    A = madd(v, W1, A);
    v = v128.load32_splat(x, 40);
    a = madd(v, w2, a);
    A = madd(v, W2, A);
    v = v128.load32_splat(x, 44);
    a = madd(v, w3, a);
    A = madd(v, W3, A);
  }
}

/**
 * The same for sixteen output channels, six tiles at a time: two panels of weights and two planes of `out`. Six and not eight, whose
 * sums would take all registers.
 */
export function winograd_product_wide_16(
  x: usize,
  planeBytes: usize,
  w: usize,
  panelBytes: usize,
  channels: i32,
  out: usize,
  outPlaneBytes: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels << 5);
  for (const end = x + (<usize>tiles << 5); x < end; x += 192, out += 192) {
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
    let e0 = a0;
    let e1 = a0;
    let e2 = a0;
    let e3 = a0;
    let f0 = a0;
    let f1 = a0;
    let f2 = a0;
    let f3 = a0;
    let plane = x;
    let wp = w;
    let vp = w + panelBytes;
    for (; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + 32; xp < last; xp += 4, wp += 32, vp += 32) {
        const w0 = v128.load(wp);
        const w1 = v128.load(wp, 16);
        const w2 = v128.load(vp);
        const w3 = v128.load(vp, 16);
        let v = v128.load32_splat(xp);
        a0 = madd(v, w0, a0);
        a1 = madd(v, w1, a1);
        a2 = madd(v, w2, a2);
        a3 = madd(v, w3, a3);
        v = v128.load32_splat(xp, 32);
        b0 = madd(v, w0, b0);
        b1 = madd(v, w1, b1);
        b2 = madd(v, w2, b2);
        b3 = madd(v, w3, b3);
        v = v128.load32_splat(xp, 64);
        c0 = madd(v, w0, c0);
        c1 = madd(v, w1, c1);
        c2 = madd(v, w2, c2);
        c3 = madd(v, w3, c3);
        v = v128.load32_splat(xp, 96);
        d0 = madd(v, w0, d0);
        d1 = madd(v, w1, d1);
        d2 = madd(v, w2, d2);
        d3 = madd(v, w3, d3);
        v = v128.load32_splat(xp, 128);
        e0 = madd(v, w0, e0);
        e1 = madd(v, w1, e1);
        e2 = madd(v, w2, e2);
        e3 = madd(v, w3, e3);
        v = v128.load32_splat(xp, 160);
        f0 = madd(v, w0, f0);
        f1 = madd(v, w1, f1);
        f2 = madd(v, w2, f2);
        f3 = madd(v, w3, f3);
      }
    }
    const second = out + outPlaneBytes;
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, 16));
      a2 = f32x4.add(a2, v128.load(second));
      a3 = f32x4.add(a3, v128.load(second, 16));
      b0 = f32x4.add(b0, v128.load(out, 32));
      b1 = f32x4.add(b1, v128.load(out, 48));
      b2 = f32x4.add(b2, v128.load(second, 32));
      b3 = f32x4.add(b3, v128.load(second, 48));
      c0 = f32x4.add(c0, v128.load(out, 64));
      c1 = f32x4.add(c1, v128.load(out, 80));
      c2 = f32x4.add(c2, v128.load(second, 64));
      c3 = f32x4.add(c3, v128.load(second, 80));
      d0 = f32x4.add(d0, v128.load(out, 96));
      d1 = f32x4.add(d1, v128.load(out, 112));
      d2 = f32x4.add(d2, v128.load(second, 96));
      d3 = f32x4.add(d3, v128.load(second, 112));
      e0 = f32x4.add(e0, v128.load(out, 128));
      e1 = f32x4.add(e1, v128.load(out, 144));
      e2 = f32x4.add(e2, v128.load(second, 128));
      e3 = f32x4.add(e3, v128.load(second, 144));
      f0 = f32x4.add(f0, v128.load(out, 160));
      f1 = f32x4.add(f1, v128.load(out, 176));
      f2 = f32x4.add(f2, v128.load(second, 160));
      f3 = f32x4.add(f3, v128.load(second, 176));
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
    v128.store(second, a3, 16);
    v128.store(second, a2);
    v128.store(second, b3, 48);
    v128.store(second, b2, 32);
    v128.store(second, c3, 80);
    v128.store(second, c2, 64);
    v128.store(second, d3, 112);
    v128.store(second, d2, 96);
    v128.store(second, e3, 144);
    v128.store(second, e2, 128);
    v128.store(second, f3, 176);
    v128.store(second, f2, 160);
  }
}

/** Twin of `winograd_product_wide_16`, four tiles at a time: for what sixes leave. */
export function winograd_product_wide_16_rest(
  x: usize,
  planeBytes: usize,
  w: usize,
  panelBytes: usize,
  channels: i32,
  out: usize,
  outPlaneBytes: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels << 5);
  for (const end = x + (<usize>tiles << 5); x < end; x += 128, out += 128) {
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
    let plane = x;
    let wp = w;
    let vp = w + panelBytes;
    for (; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + 32; xp < last; xp += 4, wp += 32, vp += 32) {
        const w0 = v128.load(wp);
        const w1 = v128.load(wp, 16);
        const w2 = v128.load(vp);
        const w3 = v128.load(vp, 16);
        let v = v128.load32_splat(xp);
        a0 = madd(v, w0, a0);
        a1 = madd(v, w1, a1);
        a2 = madd(v, w2, a2);
        a3 = madd(v, w3, a3);
        v = v128.load32_splat(xp, 32);
        b0 = madd(v, w0, b0);
        b1 = madd(v, w1, b1);
        b2 = madd(v, w2, b2);
        b3 = madd(v, w3, b3);
        v = v128.load32_splat(xp, 64);
        c0 = madd(v, w0, c0);
        c1 = madd(v, w1, c1);
        c2 = madd(v, w2, c2);
        c3 = madd(v, w3, c3);
        v = v128.load32_splat(xp, 96);
        d0 = madd(v, w0, d0);
        d1 = madd(v, w1, d1);
        d2 = madd(v, w2, d2);
        d3 = madd(v, w3, d3);
      }
    }
    const second = out + outPlaneBytes;
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, 16));
      a2 = f32x4.add(a2, v128.load(second));
      a3 = f32x4.add(a3, v128.load(second, 16));
      b0 = f32x4.add(b0, v128.load(out, 32));
      b1 = f32x4.add(b1, v128.load(out, 48));
      b2 = f32x4.add(b2, v128.load(second, 32));
      b3 = f32x4.add(b3, v128.load(second, 48));
      c0 = f32x4.add(c0, v128.load(out, 64));
      c1 = f32x4.add(c1, v128.load(out, 80));
      c2 = f32x4.add(c2, v128.load(second, 64));
      c3 = f32x4.add(c3, v128.load(second, 80));
      d0 = f32x4.add(d0, v128.load(out, 96));
      d1 = f32x4.add(d1, v128.load(out, 112));
      d2 = f32x4.add(d2, v128.load(second, 96));
      d3 = f32x4.add(d3, v128.load(second, 112));
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
}

/**
 * `winograd_product_4x4` of two groups of four channels to four, kept apart because each half has a splat of its own: a plane holds
 * both, and so does each vector of weights. The second group's weights lie behind the first's 16 places.
 */
export function winograd_product_wide_4x4(x: usize, w: usize, out: usize, tiles: i32): void {
  const w0 = v128.load(w);
  const W0 = v128.load(w, 1024);
  const w1 = v128.load(w, 16);
  const W1 = v128.load(w, 1040);
  const w2 = v128.load(w, 32);
  const W2 = v128.load(w, 1056);
  const w3 = v128.load(w, 48);
  const W3 = v128.load(w, 1072);
  for (const end = x + (<usize>tiles << 5); x < end; x += 128, out += 128) {
    const x0 = v128.load(x);
    const X0 = v128.load(x, 16);
    const x1 = v128.load(x, 32);
    const X1 = v128.load(x, 48);
    const x2 = v128.load(x, 64);
    const X2 = v128.load(x, 80);
    const x3 = v128.load(x, 96);
    const X3 = v128.load(x, 112);
    let a = f32x4.mul(v128.shuffle<f32>(x0, x0, 0, 0, 0, 0), w0);
    let A = f32x4.mul(v128.shuffle<f32>(X0, X0, 0, 0, 0, 0), W0);
    let b = f32x4.mul(v128.shuffle<f32>(x1, x1, 0, 0, 0, 0), w0);
    let B = f32x4.mul(v128.shuffle<f32>(X1, X1, 0, 0, 0, 0), W0);
    let c = f32x4.mul(v128.shuffle<f32>(x2, x2, 0, 0, 0, 0), w0);
    let C = f32x4.mul(v128.shuffle<f32>(X2, X2, 0, 0, 0, 0), W0);
    let d = f32x4.mul(v128.shuffle<f32>(x3, x3, 0, 0, 0, 0), w0);
    let D = f32x4.mul(v128.shuffle<f32>(X3, X3, 0, 0, 0, 0), W0);
    a = madd(v128.shuffle<f32>(x0, x0, 1, 1, 1, 1), w1, a);
    A = madd(v128.shuffle<f32>(X0, X0, 1, 1, 1, 1), W1, A);
    b = madd(v128.shuffle<f32>(x1, x1, 1, 1, 1, 1), w1, b);
    B = madd(v128.shuffle<f32>(X1, X1, 1, 1, 1, 1), W1, B);
    c = madd(v128.shuffle<f32>(x2, x2, 1, 1, 1, 1), w1, c);
    C = madd(v128.shuffle<f32>(X2, X2, 1, 1, 1, 1), W1, C);
    d = madd(v128.shuffle<f32>(x3, x3, 1, 1, 1, 1), w1, d);
    D = madd(v128.shuffle<f32>(X3, X3, 1, 1, 1, 1), W1, D);
    a = madd(v128.shuffle<f32>(x0, x0, 2, 2, 2, 2), w2, a);
    A = madd(v128.shuffle<f32>(X0, X0, 2, 2, 2, 2), W2, A);
    b = madd(v128.shuffle<f32>(x1, x1, 2, 2, 2, 2), w2, b);
    B = madd(v128.shuffle<f32>(X1, X1, 2, 2, 2, 2), W2, B);
    c = madd(v128.shuffle<f32>(x2, x2, 2, 2, 2, 2), w2, c);
    C = madd(v128.shuffle<f32>(X2, X2, 2, 2, 2, 2), W2, C);
    d = madd(v128.shuffle<f32>(x3, x3, 2, 2, 2, 2), w2, d);
    D = madd(v128.shuffle<f32>(X3, X3, 2, 2, 2, 2), W2, D);
    a = madd(v128.shuffle<f32>(x0, x0, 3, 3, 3, 3), w3, a);
    A = madd(v128.shuffle<f32>(X0, X0, 3, 3, 3, 3), W3, A);
    b = madd(v128.shuffle<f32>(x1, x1, 3, 3, 3, 3), w3, b);
    B = madd(v128.shuffle<f32>(X1, X1, 3, 3, 3, 3), W3, B);
    c = madd(v128.shuffle<f32>(x2, x2, 3, 3, 3, 3), w3, c);
    C = madd(v128.shuffle<f32>(X2, X2, 3, 3, 3, 3), W3, C);
    d = madd(v128.shuffle<f32>(x3, x3, 3, 3, 3, 3), w3, d);
    D = madd(v128.shuffle<f32>(X3, X3, 3, 3, 3, 3), W3, D);
    v128.store(out, A, 16);
    v128.store(out, a);
    v128.store(out, B, 48);
    v128.store(out, b, 32);
    v128.store(out, C, 80);
    v128.store(out, c, 64);
    v128.store(out, D, 112);
    v128.store(out, d, 96);
  }
}
