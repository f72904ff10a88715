import { constant, LN2_HIGH, LN2_LOW, LOG2_E, MAGIC, P2, P3, P4, P5, P6, powerBy } from './exponential';
import { loadLanes, storeLanes } from './rows';
import { madd } from './simd';

/*
 * GELU by the normal distribution, x·Φ(x), and its slope Φ(x) + x·φ(x). Constants are made before the loop and passed on: see `constant`.
 */

/** Beyond it Φ(−a) is as good as 0; half its square is below LARGEST_POWER. */
// @ts-ignore: decorator
@inline
const LARGEST_DEVIATION: f32 = 13.19;
/** 1/√(2π), φ's peak. */
// @ts-ignore: decorator
@inline
const PEAK: f32 = 0.3989422804014327;

/** f of `count` floats, by pairs of vectors, which become one of 256 bits. */
// @ts-ignore: decorator
@inline
export function eachGelu(x: usize, y: usize, count: i32): void {
  const zero = count >> 31;
  const log2e = constant(LOG2_E, zero);
  const magic = constant(MAGIC, zero);
  const high = constant(LN2_HIGH, zero);
  const low = constant(LN2_LOW, zero);
  const p6 = constant(P6, zero);
  const p5 = constant(P5, zero);
  const p4 = constant(P4, zero);
  const p3 = constant(P3, zero);
  const p2 = constant(P2, zero);
  const minus = constant(-1, zero);
  const one = constant(1, zero);
  const most = constant(LARGEST_DEVIATION, zero);
  const half = constant(0.5, zero);
  const bend = constant(0.23, zero);
  const t7 = constant(-0.07361259311437607, zero);
  const t6 = constant(0.2676720917224884, zero);
  const t5 = constant(-0.2328445017337799, zero);
  const t4 = constant(0.25150030851364136, zero);
  const t3 = constant(0.00046092638513073325, zero);
  const t2 = constant(0.10570945590734482, zero);
  const t1 = constant(0.08921174705028534, zero);
  const t0 = constant(0.09190265089273453, zero);
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, y += 32) {
    const a = valueOf(v128.load(x),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0,
    );
    const b = valueOf(v128.load(x, 16),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0,
    );
    v128.store(y, b, 16);
    v128.store(y, a);
  }
  for (let rest = count & 7; rest > 0; rest -= 4, x += 16, y += 16) {
    const lanes = min(rest, 4);
    const v = valueOf(loadLanes(x, lanes),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0,
    );
    storeLanes(y, v, lanes);
  }
}

/** f′(x)·dy of `count` floats. */
// @ts-ignore: decorator
@inline
export function eachGeluSlope(dy: usize, x: usize, dx: usize, count: i32): void {
  const zero = count >> 31;
  const log2e = constant(LOG2_E, zero);
  const magic = constant(MAGIC, zero);
  const high = constant(LN2_HIGH, zero);
  const low = constant(LN2_LOW, zero);
  const p6 = constant(P6, zero);
  const p5 = constant(P5, zero);
  const p4 = constant(P4, zero);
  const p3 = constant(P3, zero);
  const p2 = constant(P2, zero);
  const minus = constant(-1, zero);
  const one = constant(1, zero);
  const most = constant(LARGEST_DEVIATION, zero);
  const half = constant(0.5, zero);
  const bend = constant(0.23, zero);
  const t7 = constant(-0.07361259311437607, zero);
  const t6 = constant(0.2676720917224884, zero);
  const t5 = constant(-0.2328445017337799, zero);
  const t4 = constant(0.25150030851364136, zero);
  const t3 = constant(0.00046092638513073325, zero);
  const t2 = constant(0.10570945590734482, zero);
  const t1 = constant(0.08921174705028534, zero);
  const t0 = constant(0.09190265089273453, zero);
  const peak = constant(PEAK, zero);
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, dy += 32, dx += 32) {
    const a = slopeOf(v128.load(dy), v128.load(x),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0, peak,
    );
    const b = slopeOf(v128.load(dy, 16), v128.load(x, 16),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0, peak,
    );
    v128.store(dx, b, 16);
    v128.store(dx, a);
  }
  for (let rest = count & 7; rest > 0; rest -= 4, dy += 16, x += 16, dx += 16) {
    const lanes = min(rest, 4);
    const v = slopeOf(loadLanes(dy, lanes), loadLanes(x, lanes),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, half, bend, t7, t6, t5, t4, t3, t2, t1, t0, peak,
    );
    storeLanes(dx, v, lanes);
  }
}

/** f of four numbers. */
// @ts-ignore: decorator
@inline
function valueOf(
  x: v128,
  log2e: v128,
  magic: v128,
  high: v128,
  low: v128,
  p6: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  minus: v128,
  one: v128,
  most: v128,
  half: v128,
  bend: v128,
  t7: v128,
  t6: v128,
  t5: v128,
  t4: v128,
  t3: v128,
  t2: v128,
  t1: v128,
  t0: v128,
): v128 {
  const a = f32x4.pmin(f32x4.abs(x), most);
  const e = powerBy(f32x4.mul(f32x4.mul(a, half), a), log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one);
  return f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(a, tailOf(a, e, one, bend, t7, t6, t5, t4, t3, t2, t1, t0)));
}

/** f′(x)·dy of four numbers. */
// @ts-ignore: decorator
@inline
function slopeOf(
  dy: v128,
  x: v128,
  log2e: v128,
  magic: v128,
  high: v128,
  low: v128,
  p6: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  minus: v128,
  one: v128,
  most: v128,
  half: v128,
  bend: v128,
  t7: v128,
  t6: v128,
  t5: v128,
  t4: v128,
  t3: v128,
  t2: v128,
  t1: v128,
  t0: v128,
  peak: v128,
): v128 {
  const a = f32x4.pmin(f32x4.abs(x), most);
  const e = powerBy(f32x4.mul(f32x4.mul(a, half), a), log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one);
  // Φ(x) + x·φ(x) is 1 + g above 0 and −g below it.
  const g = f32x4.sub(f32x4.mul(a, f32x4.mul(e, peak)), tailOf(a, e, one, bend, t7, t6, t5, t4, t3, t2, t1, t0));
  const above = f32x4.add(g, one);
  return f32x4.mul(dy, v128.bitselect(above, f32x4.neg(g), f32x4.ge(x, f32x4.splat(0))));
}

/**
 * Φ(−a), a ≥ 0, of a and e = e^(−a²/2), to 1.5e−7 of its value: e times a polynomial in 1/(1 + 0.23·a), without a constant (minimax, by
 * weighted least squares; its form is that of Abramowitz and Stegun 7.1.26). So nothing cancels in the tail.
 */
// @ts-ignore: decorator
@inline
function tailOf(
  a: v128,
  e: v128,
  one: v128,
  bend: v128,
  t7: v128,
  t6: v128,
  t5: v128,
  t4: v128,
  t3: v128,
  t2: v128,
  t1: v128,
  t0: v128,
): v128 {
  const t = f32x4.div(one, madd(a, bend, one));
  let sum = madd(t7, t, t6);
  sum = madd(sum, t, t5);
  sum = madd(sum, t, t4);
  sum = madd(sum, t, t3);
  sum = madd(sum, t, t2);
  sum = madd(sum, t, t1);
  sum = madd(sum, t, t0);
  return f32x4.mul(f32x4.mul(sum, t), e);
}
