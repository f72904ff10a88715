import { ActivateArgs, ActivateBackwardArgs, Activation } from './args.generated';
import { constant } from './exponential';
import { eachGelu, eachGeluSlope } from './gelu';
import { eachSigmoid, eachSigmoidSlope } from './sigmoids';
import { madd } from './simd';
import { loadPartial, storePartial } from './strip';

/*
 * The activations of networks after ResNeXt, and their slopes. Element by element, in vectors throughout, so that a number's place decides
 * nothing. Far from 0 inputs are cut off where the result does not change any more, before 0·∞ could come about; NaN stays NaN.
 *
 * Bound by arithmetic, of some 20 operations and a division for four numbers, or eight in 256 bits.
 */

/** Leaky ReLU's slope where nothing says otherwise, as where it is fused. */
// @ts-ignore: decorator
@inline
const USUAL_SLOPE: f32 = 0.01;

/** y = f(x). */
export function activate(args: ActivateArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  activate_floats(args.x + shift, args.y + shift, count, args.activation, args.slope);
}

/** dx = f′(x)·dy. */
export function activate_backward(args: ActivateBackwardArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  slope_floats(args.dy + shift, args.x + shift, args.dx + shift, count, args.activation, args.slope);
}

/** f′(z)·dy of an activation that is fused, to `dz`, where z lies: `rows` rows of `columns` floats that begin `pitch` bytes apart in both. */
export function slope_rows(dy: usize, dz: usize, rows: i32, columns: i32, pitch: usize, activation: i32): void {
  if (<usize>columns << 2 == pitch) {
    slope_floats(dy, dz, dz, rows * columns, activation, USUAL_SLOPE);
    return;
  }
  for (let row = 0; row < rows; row++, dy += pitch, dz += pitch) slope_floats(dy, dz, dz, columns, activation, USUAL_SLOPE);
}

/** Applies an activation to `rows` rows of `columns` floats that begin `pitch` bytes apart, where they lie. */
export function activate_rows(at: usize, rows: i32, columns: i32, pitch: usize, activation: i32): void {
  if (<usize>columns << 2 == pitch) {
    activate_floats(at, at, rows * columns, activation, USUAL_SLOPE);
    return;
  }
  for (let row = 0; row < rows; row++, at += pitch) activate_floats(at, at, columns, activation, USUAL_SLOPE);
}

/** Applies an activation to `count` floats at `x` and puts what comes of it at `y`, which may be the same. */
export function activate_floats(x: usize, y: usize, count: i32, activation: i32, slope: f32): void {
  switch (activation) {
    case Activation.hardsigmoid:
      each(Activation.hardsigmoid, x, y, count, slope);
      break;
    case Activation.silu:
      eachSigmoid(Activation.silu, x, y, count);
      break;
    case Activation.hardswish:
      each(Activation.hardswish, x, y, count, slope);
      break;
    case Activation.sigmoid:
      eachSigmoid(Activation.sigmoid, x, y, count);
      break;
    case Activation.gelu:
      eachGelu(x, y, count);
      break;
    case Activation.gelu_tanh:
      eachSigmoid(Activation.gelu_tanh, x, y, count);
      break;
    default:
      each(Activation.leaky_relu, x, y, count, slope);
      break;
  }
}

/** f′(x)·dy of `count` floats at `x` and `dy`, to `dx`, which may be either. */
export function slope_floats(dy: usize, x: usize, dx: usize, count: i32, activation: i32, slope: f32): void {
  switch (activation) {
    case Activation.hardsigmoid:
      eachSlope(Activation.hardsigmoid, dy, x, dx, count, slope);
      break;
    case Activation.silu:
      eachSigmoidSlope(Activation.silu, dy, x, dx, count);
      break;
    case Activation.hardswish:
      eachSlope(Activation.hardswish, dy, x, dx, count, slope);
      break;
    case Activation.sigmoid:
      eachSigmoidSlope(Activation.sigmoid, dy, x, dx, count);
      break;
    case Activation.gelu:
      eachGeluSlope(dy, x, dx, count);
      break;
    case Activation.gelu_tanh:
      eachSigmoidSlope(Activation.gelu_tanh, dy, x, dx, count);
      break;
    default:
      eachSlope(Activation.leaky_relu, dy, x, dx, count, slope);
      break;
  }
}

/** By pairs of vectors, which become one of 256 bits. */
// @ts-ignore: decorator
@inline
function each(activation: i32, x: usize, y: usize, count: i32, slope: f32): void {
  const zero = count >> 31;
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, y += 32) {
    const a = valueOf(activation, v128.load(x), slope, zero);
    const b = valueOf(activation, v128.load(x, 16), slope, zero);
    v128.store(y, b, 16);
    v128.store(y, a);
  }
  if (count & 4) {
    v128.store(y, valueOf(activation, v128.load(x), slope, zero));
    x += 16;
    y += 16;
  }
  const rest = count & 3;
  if (rest) storePartial(y, valueOf(activation, loadPartial(x, rest), slope, zero), rest);
}

// @ts-ignore: decorator
@inline
function eachSlope(activation: i32, dy: usize, x: usize, dx: usize, count: i32, slope: f32): void {
  const zero = count >> 31;
  const paired = x + (<usize>(count & ~7) << 2);
  for (; x < paired; x += 32, dy += 32, dx += 32) {
    const a = slopeOf(activation, v128.load(dy), v128.load(x), slope, zero);
    const b = slopeOf(activation, v128.load(dy, 16), v128.load(x, 16), slope, zero);
    v128.store(dx, b, 16);
    v128.store(dx, a);
  }
  if (count & 4) {
    v128.store(dx, slopeOf(activation, v128.load(dy), v128.load(x), slope, zero));
    dy += 16;
    x += 16;
    dx += 16;
  }
  const rest = count & 3;
  if (rest) storePartial(dx, slopeOf(activation, loadPartial(dy, rest), loadPartial(x, rest), slope, zero), rest);
}

/** f of four numbers; `activation` is a constant. The `zero` is for `constant`, which V8 makes before a loop as short as these. */
// @ts-ignore: decorator
@inline
function valueOf(activation: i32, x: v128, slope: f32, zero: i32): v128 {
  if (activation == Activation.leaky_relu) {
    return v128.bitselect(x, f32x4.mul(x, f32x4.splat(slope)), f32x4.gt(x, f32x4.splat(0)));
  }
  // Divided, as PyTorch does.
  const six = constant(6, zero);
  const v = f32x4.pmin(f32x4.pmax(f32x4.add(x, constant(3, zero)), constant(0, zero)), six);
  return f32x4.div(activation == Activation.hardswish ? f32x4.mul(x, v) : v, six);
}

/** f′(x)·dy of four numbers; `activation` is a constant. */
// @ts-ignore: decorator
@inline
function slopeOf(activation: i32, dy: v128, x: v128, slope: f32, zero: i32): v128 {
  if (activation == Activation.leaky_relu) {
    return v128.bitselect(dy, f32x4.mul(dy, f32x4.splat(slope)), f32x4.gt(x, f32x4.splat(0)));
  }
  const three = constant(3, zero);
  const minus = constant(-3, zero);
  if (activation == Activation.hardsigmoid) {
    const passes = v128.and(f32x4.gt(x, minus), f32x4.lt(x, three));
    return v128.and(f32x4.mul(dy, constant(SIXTH, zero)), passes);
  }
  const parabola = f32x4.mul(dy, madd(x, constant(THIRD, zero), constant(0.5, zero)));
  const above = v128.bitselect(dy, parabola, f32x4.gt(x, three));
  return v128.andnot(above, f32x4.lt(x, minus));
}

/** A sixth, a third. */
// @ts-ignore: decorator
@inline
const SIXTH: f32 = 1.0 / 6.0;
// @ts-ignore: decorator
@inline
const THIRD: f32 = 1.0 / 3.0;
