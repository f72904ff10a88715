import { LambApplyArgs, LambDirectionArgs, LionArgs, RmspropArgs } from './args.generated';
import { between, read, write } from './in-place';

/* Optimisers of later recipes, in place and bound by memory, as those of `optimiser.ts` are. */

/** torch.optim.RMSprop, and TensorFlow's. */
export function rmsprop(args: RmspropArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  const parameter = args.parameter + shift;
  const gradient = args.gradient + shift;
  const squareAverage = args.squareAverage + shift;
  const buffer = args.buffer + shift;
  const hyper = args.hyper;
  const rate = f32x4.splat(load<f32>(hyper));
  const kept = load<f32>(hyper, 4);
  const rest = load<f32>(hyper, 8);
  const epsilon = f32x4.splat(load<f32>(hyper, 12));
  const momentum = f32x4.splat(load<f32>(hyper, 16));
  const decay = args.decay ? f32x4.splat(load<f32>(hyper, 20)) : f32x4.splat(0);
  const coefficient = args.clip != 0 ? f32x4.splat(load<f32>(args.clip)) : f32x4.splat(1);
  const moving = args.buffer != 0;
  const tensorflow = args.tensorflow;
  for (let i: usize = 0; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    const p = read(parameter + at, lanes);
    const g = f32x4.add(f32x4.mul(read(gradient + at, lanes), coefficient), f32x4.mul(p, decay));
    const s = between(read(squareAverage + at, lanes), f32x4.mul(g, g), kept, rest);
    write(squareAverage + at, s, lanes);
    let step = tensorflow
      ? f32x4.div(f32x4.mul(g, rate), f32x4.sqrt(f32x4.add(s, epsilon)))
      : f32x4.div(g, f32x4.add(f32x4.sqrt(s), epsilon));
    if (moving) {
      step = f32x4.add(step, f32x4.mul(read(buffer + at, lanes), momentum));
      write(buffer + at, step, lanes);
    }
    write(parameter + at, f32x4.sub(p, tensorflow ? step : f32x4.mul(step, rate)), lanes);
  }
}

/** Lion: a step of the learning rate, by the sign of each element. */
export function lion(args: LionArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  const parameter = args.parameter + shift;
  const gradient = args.gradient + shift;
  const average = args.average + shift;
  const hyper = args.hyper;
  const rate = f32x4.splat(load<f32>(hyper));
  const decay = args.decay ? f32x4.splat(load<f32>(hyper, 4)) : f32x4.splat(0);
  const kept1 = f32x4.splat(load<f32>(hyper, 8));
  const rest1 = f32x4.splat(load<f32>(hyper, 12));
  const kept2 = load<f32>(hyper, 16);
  const rest2 = load<f32>(hyper, 20);
  const coefficient = args.clip != 0 ? f32x4.splat(load<f32>(args.clip)) : f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    const g = f32x4.mul(read(gradient + at, lanes), coefficient);
    const m = read(average + at, lanes);
    const towards = f32x4.add(f32x4.mul(m, kept1), f32x4.mul(g, rest1));
    // The rate with the sign of `towards`, and `towards` itself where that is 0 or NaN.
    const moves = v128.or(f32x4.lt(towards, zero), f32x4.gt(towards, zero));
    const sign = v128.and(towards, i32x4.splat(0x80000000));
    const change = v128.bitselect(v128.or(rate, sign), towards, moves);
    const p = read(parameter + at, lanes);
    write(parameter + at, f32x4.sub(p, f32x4.add(f32x4.mul(p, decay), change)), lanes);
    write(average + at, between(m, g, kept2, rest2), lanes);
  }
}

/** Both moments of LAMB, and the direction of its step. */
export function lamb_direction(args: LambDirectionArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  const parameter = args.parameter + shift;
  const gradient = args.gradient + shift;
  const first = args.firstMoment + shift;
  const second = args.secondMoment + shift;
  const direction = args.direction + shift;
  const hyper = args.hyper;
  const decay = args.decay ? f32x4.splat(load<f32>(hyper, 4)) : f32x4.splat(0);
  const epsilon = f32x4.splat(load<f32>(hyper, 8));
  const root = f32x4.splat(load<f32>(hyper, 12));
  const kept1 = load<f32>(hyper, 16);
  const rest1 = load<f32>(hyper, 20);
  const kept2 = load<f32>(hyper, 24);
  const rest2 = load<f32>(hyper, 28);
  const unbiased = f32x4.splat(load<f32>(hyper, 32));
  const coefficient = args.clip != 0 ? f32x4.splat(load<f32>(args.clip)) : f32x4.splat(1);
  for (let i: usize = 0; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    const g = f32x4.mul(read(gradient + at, lanes), coefficient);
    const m = between(read(first + at, lanes), g, kept1, rest1);
    const v = between(read(second + at, lanes), f32x4.mul(g, g), kept2, rest2);
    write(first + at, m, lanes);
    write(second + at, v, lanes);
    const size = f32x4.add(f32x4.mul(f32x4.sqrt(v), root), epsilon);
    const adam = f32x4.div(f32x4.mul(m, unbiased), size);
    write(direction + at, f32x4.add(adam, f32x4.mul(read(parameter + at, lanes), decay)), lanes);
  }
}

/** parameter ← parameter − lr·‖parameter‖/‖direction‖·direction. Each chunk adds up the squares, of which there are few. */
export function lamb_apply(args: LambApplyArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const shift = <usize>begin << 2;
  const parameter = args.parameter + shift;
  const direction = args.direction + shift;
  let scaled = load<f32>(args.hyper);
  if (args.squares != 0) {
    const bytes = <usize>args.pieces << 3;
    const weights = sumOf(args.squares, bytes);
    const steps = sumOf(args.squares + bytes, bytes);
    if (weights > 0 && steps > 0) scaled = <f32>(<f64>scaled * (Math.sqrt(weights) / Math.sqrt(steps)));
  }
  const rate = f32x4.splat(scaled);
  for (let i: usize = 0; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    const change = f32x4.mul(read(direction + at, lanes), rate);
    write(parameter + at, f32x4.sub(read(parameter + at, lanes), change), lanes);
  }
}

function sumOf(from: usize, bytes: usize): f64 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 8) sum += load<f64>(from + at);
  return sum;
}
