import { Activation } from './args.generated';
import { activateOne, activationHasRest, limited } from './activation';
import { finish_blocks } from './finish-blocks';
import { LINEAGE } from './simd';

/**
 * What follows a matmul that a native library did, while its block is in the cache: out ← out + bias + residual,
 * then the activation, for `rows` rows of `columns` floats that begin `stride` floats apart in both `out` and `residual`. `bias` and
 * `residual` are 0 where there is none. Bound by the cache while the block is in one, and by memory after.
 */
export function finish(
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  if (LINEAGE) finish_blocks(out, rows, columns, stride, bias, residual, activation);
  else if (activationHasRest(activation)) finishRows(true, out, rows, columns, stride, bias, residual, activation);
  else finishRows(false, out, rows, columns, stride, bias, residual, activation);
}

/** `capped`, a constant, tells whether the activation is ReLU6. */
// @ts-ignore: decorator
@inline
function finishRows(
  capped: bool,
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const end = <usize>columns << 2;
  const wide = end & ~15;
  const step = <usize>stride << 2;
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < wide; at += 16) {
      let v = v128.load(out + at);
      if (residual) v = f32x4.add(v, v128.load(residual + at));
      if (bias) v = f32x4.add(v, v128.load(bias + at));
      if (activation != Activation.none) v = limited(v, zero, capped);
      v128.store(out + at, v);
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
