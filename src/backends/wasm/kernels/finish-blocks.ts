import { Activation } from './args.generated';
import { activateOne, activationFloor, activationHasRest, inTile, isLater } from './activation';
import { activate_rows } from './activations';

/** Floats that are finished at a time where an activation follows: 16 KB, which the first-level cache still has then. */
// @ts-ignore: decorator
@inline
const BLOCK: i32 = 4096;

/**
 * `finish` of the builds that a native library works for, whose blocks may be far larger than the caches: each number is fetched once.
 * Bound by memory, by arithmetic behind an exponential.
 */
export function finish_blocks(
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const step = <usize>stride << 2;
  if (!isLater(activation)) {
    add_rows(out, rows, columns, step, bias, residual, activation);
    return;
  }
  const most = max(1, BLOCK / columns);
  for (let left = rows; left > 0; left -= most) {
    const some = min(most, left);
    if (bias | residual) add_rows(out, some, columns, step, bias, residual, Activation.none);
    activate_rows(out, some, columns, step, activation);
    out += <usize>some * step;
    if (residual) residual += <usize>some * step;
  }
}

/** out ← out + residual + bias, and what a tile has of an activation; rows begin `step` bytes apart. */
export function add_rows(
  out: usize,
  rows: i32,
  columns: i32,
  step: usize,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const capped = activationHasRest(inTile(activation));
  if (bias == 0 || (capped && residual != 0)) {
    addRows(false, out, rows, columns, step, bias, residual, activation, true, false);
  } else if (capped) addRows(true, out, rows, columns, step, bias, 0, activation, true, false);
  else if (residual) addRows(true, out, rows, columns, step, bias, residual, activation, false, true);
  else addRows(true, out, rows, columns, step, bias, 0, activation, false, false);
}

/**
 * `paired`, `capped` and `added` are constants: whether there is a bias, and no residual but for `added`, so that pairs of vectors become
 * one of 256 bits without a branch between them; whether the activation may be ReLU6; whether there is a residual.
 */
// @ts-ignore: decorator
@inline
function addRows(
  paired: bool,
  out: usize,
  rows: i32,
  columns: i32,
  step: usize,
  bias: usize,
  residual: usize,
  activation: i32,
  capped: bool,
  added: bool,
): void {
  const end = <usize>columns << 2;
  const wide = end & ~15;
  const pairs = paired ? end & ~31 : 0;
  const floor = f32x4.splat(activationFloor(activation));
  const most = f32x4.splat(activation == Activation.relu6 ? 6 : Infinity);
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < pairs; at += 32) {
      let v = v128.load(out + at);
      let w = v128.load(out + at, 16);
      if (added) v = f32x4.add(v, v128.load(residual + at));
      if (added) w = f32x4.add(w, v128.load(residual + at, 16));
      v = f32x4.add(v, v128.load(bias + at));
      w = f32x4.add(w, v128.load(bias + at, 16));
      v128.store(out + at, bounded(w, floor, most, capped), 16);
      v128.store(out + at, bounded(v, floor, most, capped));
    }
    for (; at < wide; at += 16) {
      let v = v128.load(out + at);
      if (residual) v = f32x4.add(v, v128.load(residual + at));
      if (bias) v = f32x4.add(v, v128.load(bias + at));
      v128.store(out + at, bounded(v, floor, most, capped));
    }
    for (; at < end; at += 4) {
      let sum = load<f32>(out + at);
      if (residual) sum += load<f32>(residual + at);
      if (bias) sum += load<f32>(bias + at);
      store<f32>(out + at, activateOne(sum, activation));
    }
    out += step;
    if (residual) residual += step;
  }
}

/** At least `floor`, and at most `most` if it is `capped`, a constant; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function bounded(v: v128, floor: v128, most: v128, capped: bool): v128 {
  const above = f32x4.pmax(v, floor);
  return capped ? f32x4.pmin(above, most) : above;
}
