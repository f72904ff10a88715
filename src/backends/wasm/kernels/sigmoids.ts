import { Activation } from './args.generated';
import { constant, LARGEST_POWER, LN2_HIGH, LN2_LOW, LOG2_E, MAGIC, P2, P3, P4, P5, P6, powerBy } from './exponential';
import { loadLanes, storeLanes } from './rows';
import { madd } from './simd';

/*
 * x·sigmoid(x), sigmoid(x), and GELU's second formula, which is x·sigmoid(LINEAR·x + CUBIC·x³); and their slopes. `activation` is a constant.
 * Constants are made before the loop and passed on: see `constant`.
 */

// @ts-ignore: decorator
@inline
const LINEAR: f32 = 1.5957691216057308;
// @ts-ignore: decorator
@inline
const CUBIC: f32 = 0.07135481627260025;
/** Of it that is a sigmoid of 86.9. */
// @ts-ignore: decorator
@inline
const LARGEST_BENT: f32 = 9.98;

/** f of `count` floats, by pairs of vectors, which become one of 256 bits. */
// @ts-ignore: decorator
@inline
export function eachSigmoid(activation: i32, x: usize, y: usize, count: i32): void {
  const zero = count >> 31;
  const largest: f32 = activation == Activation.gelu_tanh ? LARGEST_BENT : LARGEST_POWER;
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
  const most = constant(largest, zero);
  const least = constant(-largest, zero);
  const cubic = constant(CUBIC, zero);
  const linear = constant(LINEAR, zero);
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, y += 32) {
    const a = valueOf(activation, v128.load(x), log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear);
    const b = valueOf(activation, v128.load(x, 16), log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear);
    v128.store(y, b, 16);
    v128.store(y, a);
  }
  for (let rest = count & 7; rest > 0; rest -= 4, x += 16, y += 16) {
    const lanes = min(rest, 4);
    const v = valueOf(activation, loadLanes(x, lanes),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear,
    );
    storeLanes(y, v, lanes);
  }
}

/** f′(x)·dy of `count` floats. */
// @ts-ignore: decorator
@inline
export function eachSigmoidSlope(activation: i32, dy: usize, x: usize, dx: usize, count: i32): void {
  const zero = count >> 31;
  const largest: f32 = activation == Activation.gelu_tanh ? LARGEST_BENT : LARGEST_POWER;
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
  const most = constant(largest, zero);
  const least = constant(-largest, zero);
  const cubic = constant(CUBIC, zero);
  const linear = constant(LINEAR, zero);
  const cubic3 = constant(3 * CUBIC, zero);
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, dy += 32, dx += 32) {
    const a = slopeOf(activation, v128.load(dy), v128.load(x),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear, cubic3,
    );
    const b = slopeOf(activation, v128.load(dy, 16), v128.load(x, 16),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear, cubic3,
    );
    v128.store(dx, b, 16);
    v128.store(dx, a);
  }
  for (let rest = count & 7; rest > 0; rest -= 4, dy += 16, x += 16, dx += 16) {
    const lanes = min(rest, 4);
    const v = slopeOf(activation, loadLanes(dy, lanes), loadLanes(x, lanes),
      log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one, most, least, cubic, linear, cubic3,
    );
    storeLanes(dx, v, lanes);
  }
}

/** f of four numbers. */
// @ts-ignore: decorator
@inline
function valueOf(
  activation: i32,
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
  least: v128,
  cubic: v128,
  linear: v128,
): v128 {
  const floored = f32x4.pmax(x, least);
  const v = f32x4.pmin(floored, most);
  const bent = activation == Activation.gelu_tanh ? bend(v, cubic, linear) : v;
  const e = powerBy(bent, log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one);
  return f32x4.div(activation == Activation.sigmoid ? one : floored, f32x4.add(one, e));
}

/** f′(x)·dy of four numbers. */
// @ts-ignore: decorator
@inline
function slopeOf(
  activation: i32,
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
  least: v128,
  cubic: v128,
  linear: v128,
  cubic3: v128,
): v128 {
  const bends = activation == Activation.gelu_tanh;
  const v = f32x4.pmin(f32x4.pmax(x, least), most);
  const e = powerBy(bends ? bend(v, cubic, linear) : v, log2e, magic, high, low, p6, p5, p4, p3, p2, minus, one);
  const s = f32x4.div(one, f32x4.add(one, e));
  // 1 − s, without what cancels.
  const rest = f32x4.mul(e, s);
  if (activation == Activation.sigmoid) return f32x4.mul(dy, f32x4.mul(s, rest));
  const along = bends ? f32x4.mul(v, madd(f32x4.mul(v, v), cubic3, linear)) : v;
  return f32x4.mul(dy, madd(f32x4.mul(s, along), rest, s));
}

// @ts-ignore: decorator
@inline
function bend(x: v128, cubic: v128, linear: v128): v128 {
  return f32x4.mul(x, madd(f32x4.mul(x, x), cubic, linear));
}
