import { AdamwArgs, EmaArgs, SgdArgs } from './args.generated';
import { between, read, write } from './in-place';

/*
 * Optimisers, in place. Every tensor is cut into chunks of as many floats as the arguments say; the rates are read from
 * memory, since the host writes them anew for every step. Bound by memory: SGD with momentum updates the 25 M parameters of ResNeXt-50 in
 * 8 ms, at memory's pace, where its branches took 16 (docs/LOG.md).
 */

/**
 * torch.optim.SGD.
 */
export function sgd(args: SgdArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const parameter = args.parameter + (<usize>begin << 2);
  const gradient = args.gradient + (<usize>begin << 2);
  const velocity = args.velocity + (<usize>begin << 2);
  const hyper = args.hyper;
  const rate = f32x4.splat(load<f32>(hyper));
  const momentum = f32x4.splat(load<f32>(hyper, 4));
  const decay = f32x4.splat(load<f32>(hyper, 8));
  const clip = args.clip != 0;
  const coefficient = clip ? f32x4.splat(load<f32>(args.clip)) : f32x4.splat(1);
  const moving = args.velocity != 0;
  const nesterov = args.nesterov;
  const decayed = args.decay;
  let i: usize = 0;
  if (moving && !nesterov && !clip) {
    // The usual case, in pairs of vectors: bound by memory, where the loop below is bound by its branches.
    const shrink = decayed ? decay : f32x4.splat(0);
    for (; i + 8 <= count; i += 8) {
      const at = i << 2;
      const p = v128.load(parameter + at);
      const q = v128.load(parameter + at, 16);
      const g = f32x4.add(v128.load(gradient + at), f32x4.mul(p, shrink));
      const h = f32x4.add(v128.load(gradient + at, 16), f32x4.mul(q, shrink));
      const v = f32x4.add(f32x4.mul(v128.load(velocity + at), momentum), g);
      const w = f32x4.add(f32x4.mul(v128.load(velocity + at, 16), momentum), h);
      const r = f32x4.sub(p, f32x4.mul(v, rate));
      const s = f32x4.sub(q, f32x4.mul(w, rate));
      v128.store(velocity + at, w, 16);
      v128.store(velocity + at, v);
      v128.store(parameter + at, s, 16);
      v128.store(parameter + at, r);
    }
  }
  for (; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    const p = read(parameter + at, lanes);
    let g = read(gradient + at, lanes);
    if (clip) g = f32x4.mul(g, coefficient);
    if (decayed) g = f32x4.add(g, f32x4.mul(p, decay));
    if (moving) {
      const v = f32x4.add(f32x4.mul(read(velocity + at, lanes), momentum), g);
      write(velocity + at, v, lanes);
      g = nesterov ? f32x4.add(g, f32x4.mul(v, momentum)) : v;
    }
    write(parameter + at, f32x4.sub(p, f32x4.mul(g, rate)), lanes);
  }
}

/**
 * torch.optim.AdamW (Loshchilov and Hutter 2019).
 */
export function adamw(args: AdamwArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const parameter = args.parameter + (<usize>begin << 2);
  const gradient = args.gradient + (<usize>begin << 2);
  const first = args.firstMoment + (<usize>begin << 2);
  const second = args.secondMoment + (<usize>begin << 2);
  const hyper = args.hyper;
  const step = f32x4.splat(load<f32>(hyper));
  const decay = args.decay ? f32x4.splat(load<f32>(hyper, 4)) : f32x4.splat(0);
  const epsilon = f32x4.splat(load<f32>(hyper, 8));
  const root = f32x4.splat(load<f32>(hyper, 12));
  const kept1 = load<f32>(hyper, 16);
  const rest1 = load<f32>(hyper, 20);
  const kept2 = load<f32>(hyper, 24);
  const rest2 = load<f32>(hyper, 28);
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
    const p = read(parameter + at, lanes);
    const change = f32x4.add(f32x4.mul(p, decay), f32x4.div(f32x4.mul(m, step), size));
    write(parameter + at, f32x4.sub(p, change), lanes);
  }
}

/**
 * average ← decay·average + (1 − decay)·current.
 */
export function ema(args: EmaArgs, chunk: i32): void {
  const begin = chunk * args.perChunk;
  const count = <usize>min(args.perChunk, args.count - begin);
  const average = args.average + (<usize>begin << 2);
  const current = args.current + (<usize>begin << 2);
  const kept = load<f32>(args.decay);
  const rest = load<f32>(args.decay, 4);
  for (let i: usize = 0; i < count; i += 4) {
    const at = i << 2;
    const lanes = count - i;
    write(average + at, between(read(average + at, lanes), read(current + at, lanes), kept, rest), lanes);
  }
}
