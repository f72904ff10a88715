import {
  AccumulateArgs,
  AddArgs,
  CopyArgs,
  HardsigmoidArgs,
  HardsigmoidBackwardArgs,
  Relu6Args,
  Relu6BackwardArgs,
  ReluArgs,
  ReluBackwardArgs,
  ScaleArgs,
} from './args.generated';
import { activateOne, activationFloor, activationHasRest, inTile, isLater, limited } from './activation';
import { activate_rows } from './activations';
import { LINEAGE } from './simd';

/*
 * Element by element, each tensor read or written once: bound by memory, at 197 GB/s of two threads within the caches and 78 over
 * 256 MiB where docs/performance.md was measured. Most networks have these fused into what comes before.
 * Twins but for their formula: one that is passed as a function would be an indirect call for each vector.
 */

/** y = max(x, 0); NaN stays NaN, since `pmax` keeps its first operand unless it is less. */
export function relu(args: ReluArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const x = args.x + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < wide; i += 16) v128.store(y + i, f32x4.pmax(v128.load(x + i), zero));
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i);
    store<f32>(y + i, v < 0 ? 0 : v);
  }
}

/** dx = dy where y > 0, else 0. */
export function relu_backward(args: ReluBackwardArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const dy = args.dy + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const dx = args.dx + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(dx + i, v128.and(v128.load(dy + i), f32x4.gt(v128.load(y + i), zero)));
  }
  for (let i = wide; i < end; i += 4) store<f32>(dx + i, load<f32>(y + i) > 0 ? load<f32>(dy + i) : 0);
}

/** y = min(max(x, 0), 6); NaN stays NaN, as in `relu`. */
export function relu6(args: Relu6Args, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const x = args.x + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(y + i, f32x4.pmin(f32x4.pmax(v128.load(x + i), zero), six));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i);
    store<f32>(y + i, v < 0 ? 0 : v > 6 ? 6 : v);
  }
}

/** dx = dy where 0 < y < 6, else 0. */
export function relu6_backward(args: Relu6BackwardArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const dy = args.dy + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const dx = args.dx + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  for (let i: usize = 0; i < wide; i += 16) {
    const v = v128.load(y + i);
    v128.store(dx + i, v128.and(v128.load(dy + i), v128.and(f32x4.gt(v, zero), f32x4.lt(v, six))));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(y + i);
    store<f32>(dx + i, v > 0 && v < 6 ? load<f32>(dy + i) : 0);
  }
}

/** y = min(max(x + 3, 0), 6)/6, rounded after each operation as in PyTorch; NaN stays NaN. */
export function hardsigmoid(args: HardsigmoidArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const x = args.x + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  const three = f32x4.splat(3);
  const six = f32x4.splat(6);
  for (let i: usize = 0; i < wide; i += 16) {
    const v = f32x4.add(v128.load(x + i), three);
    v128.store(y + i, f32x4.div(f32x4.pmin(f32x4.pmax(v, zero), six), six));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i) + 3;
    store<f32>(y + i, (v < 0 ? 0 : v > 6 ? 6 : v) / 6);
  }
}

/** dx = dy/6 where −3 < x < 3, else 0. */
export function hardsigmoid_backward(args: HardsigmoidBackwardArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const dy = args.dy + (<usize>begin << 2);
  const x = args.x + (<usize>begin << 2);
  const dx = args.dx + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const least = f32x4.splat(-3);
  const most = f32x4.splat(3);
  const slope: f32 = 1.0 / 6.0;
  const slopes = f32x4.splat(slope);
  for (let i: usize = 0; i < wide; i += 16) {
    const v = v128.load(x + i);
    const passes = v128.and(f32x4.gt(v, least), f32x4.lt(v, most));
    v128.store(dx + i, v128.and(f32x4.mul(v128.load(dy + i), slopes), passes));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i);
    store<f32>(dx + i, v > -3 && v < 3 ? load<f32>(dy + i) * slope : 0);
  }
}

/** y = factor·x. */
export function scale(args: ScaleArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const x = args.x + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const factor = args.factor;
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < wide; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), factors));
  for (let i = wide; i < end; i += 4) store<f32>(y + i, load<f32>(x + i) * factor);
}

/** y = activation(a + b). */
export function add(args: AddArgs, chunk: i32): void {
  if (activationHasRest(inTile(args.activation))) sum(args, chunk, true);
  else sum(args, chunk, false);
  if (LINEAGE && isLater(args.activation)) {
    const begin = chunk * args.perChunk;
    const count = min(args.perChunk, args.count - begin);
    activate_rows(args.y + (<usize>begin << 2), 1, count, 0, args.activation);
  }
}

// @ts-ignore: decorator
@inline
function sum(args: AddArgs, chunk: i32, capped: bool): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const a = args.a + (<usize>begin << 2);
  const b = args.b + (<usize>begin << 2);
  const y = args.y + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const floor = f32x4.splat(activationFloor(inTile(args.activation)));
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(y + i, limited(f32x4.add(v128.load(a + i), v128.load(b + i)), floor, capped));
  }
  for (let i = wide; i < end; i += 4) {
    store<f32>(y + i, activateOne(load<f32>(a + i) + load<f32>(b + i), inTile(args.activation)));
  }
}

/** target ← source, `count` floats. */
export function copy(args: CopyArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  memory.copy(args.target + shift, args.source + shift, <usize>count << 2);
}

/**
 * accumulator ← scale·accumulator + gradient; a scale of 0 overwrites, even NaN.
 */
export function accumulate(args: AccumulateArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = min(args.perChunk, args.count - begin);
  const to = args.accumulator + (<usize>begin << 2);
  const from = args.gradient + (<usize>begin << 2);
  const scale = load<f32>(args.scale);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  if (scale == 0) {
    memory.copy(to, from, end);
    return;
  }
  const scales = f32x4.splat(scale);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(to + i, f32x4.add(f32x4.mul(v128.load(to + i), scales), v128.load(from + i)));
  }
  for (let i = wide; i < end; i += 4) store<f32>(to + i, load<f32>(to + i) * scale + load<f32>(from + i));
}
