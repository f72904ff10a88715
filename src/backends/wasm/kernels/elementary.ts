import { ElementarySlopeArgs, ElementaryValueArgs } from './args.generated';
import { exp, log } from './loss';
import { log1p } from './losses';

/*
 * Functions of one number for losses of one's own, and their slopes, in doubles: of some N×K numbers a step.
 */

function valueOf(which: i32, x: f64): f64 {
  if (which == 0) return exp(x);
  if (which == 1) return x > 0 ? log(x) : x == 0 ? -Infinity : NaN;
  if (which == 2) return abs(x);
  if (which == 3) return sqrt(x);
  return max(x, <f64>0) + log1p(exp(-abs(x)));
}

function slopeOf(which: i32, x: f64): f64 {
  if (which == 0) return exp(x);
  if (which == 1) return 1 / x;
  if (which == 2) return x > 0 ? 1 : x < 0 ? -1 : x;
  if (which == 3) return 0.5 / sqrt(x);
  return 1 / (1 + exp(-x));
}

/** y = f(x). */
export function elementary_value(args: ElementaryValueArgs, chunk: i32): void {
  const end = min((chunk + 1) * args.perChunk, args.count);
  for (let i = chunk * args.perChunk; i < end; i++) {
    const at = <usize>i << 2;
    store<f32>(args.y + at, <f32>valueOf(args.which, <f64>load<f32>(args.x + at)));
  }
}

/** dx = f′(x)·dy. */
export function elementary_slope(args: ElementarySlopeArgs, chunk: i32): void {
  const end = min((chunk + 1) * args.perChunk, args.count);
  for (let i = chunk * args.perChunk; i < end; i++) {
    const at = <usize>i << 2;
    const slope = slopeOf(args.which, <f64>load<f32>(args.x + at));
    store<f32>(args.dx + at, <f32>(<f64>load<f32>(args.dy + at) * slope));
  }
}
