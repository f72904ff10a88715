import { LayerNormArgs, LayerNormBackwardArgs, LayerNormBackwardCombineArgs } from './args.generated';
import { loadLanes, lower, storeLanes, upper } from './rows';
import { madd } from './simd';
import { keep } from './statistics';
import { loadPartial, storePartial } from './strip';

/*
 * Layer norm (Ba, Kiros and Hinton 2016) of rows that lie side by side, the channels of a pixel as a rule. Bound by memory: a row is read
 * several times, but stays in the first-level cache meanwhile. Forward passes through memory twice, backward three times. Loops go by two
 * vectors side by side, which become one of 256 bits.
 *
 * The variance is that of d = x − shift. The shift is the mean of the row's first quarter: at most √3 standard deviations from the row's
 * own mean, so that no more than two bits of Σd² − (Σd)²/C cancel, as in `batch-norm.ts`.
 */

/** y, mean and 1/σ. A chunk is some rows. */
export function layer_norm(args: LayerNormArgs, chunk: i32): void {
  const channels = args.channels;
  const rows = args.rows;
  const pitch = <usize>channels << 2;
  const begin = chunk * args.rowsPerChunk;
  const end = min(begin + args.rowsPerChunk, rows);
  const count = <f64>channels;
  let x = args.x + <usize>begin * pitch;
  let y = args.y + <usize>begin * pitch;
  for (let row = begin; row < end; row++) {
    const shift = meanOf(x, (channels + 3) >> 2);
    const sums = deviations(x, channels, shift);
    const sum = f64x2.extract_lane(sums, 0);
    const square = f64x2.extract_lane(sums, 1);
    const mean = args.mean + (<usize>row << 2);
    const left = mean + (<usize>rows << 2);
    const invstd = args.invstd + (<usize>row << 2);
    // Rounding may leave less than nothing where all values agree. `max` of WebAssembly keeps NaN.
    keep(mean, left, invstd, <f64>shift + sum / count, max(square - (sum * sum) / count, 0), count, args.eps);
    normalise(x, y, args.gamma, args.beta, channels, load<f32>(mean), load<f32>(left), load<f32>(invstd));
    x += pitch;
    y += pitch;
  }
}

/** The mean of the first `count` numbers, to about what f32 holds. */
// @ts-ignore: decorator
@inline
function meanOf(x: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c: usize = 0;
  const end = <usize>count << 2;
  const wide = end & ~15;
  const paired = end & ~31;
  for (; c < paired; c += 32) {
    a = f32x4.add(a, v128.load(x + c));
    b = f32x4.add(b, v128.load(x + c, 16));
  }
  if (c < wide) {
    a = f32x4.add(a, v128.load(x + c));
    c += 16;
  }
  if (c < end) b = f32x4.add(b, loadPartial(x + c, <i32>((end - c) >> 2)));
  const sum = f32x4.add(a, b);
  const lanes =
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  return lanes / <f32>count;
}

/** Σd and Σd² of a row, in two doubles: d = x − shift. */
// @ts-ignore: decorator
@inline
function deviations(x: usize, channels: i32, shift: f32): v128 {
  const m = f32x4.splat(shift);
  let sa = f32x4.splat(0);
  let sb = sa;
  let qa = sa;
  let qb = sa;
  let c: usize = 0;
  const end = <usize>channels << 2;
  const wide = end & ~15;
  const paired = end & ~31;
  for (; c < paired; c += 32) {
    const a = f32x4.sub(v128.load(x + c), m);
    const b = f32x4.sub(v128.load(x + c, 16), m);
    sa = f32x4.add(sa, a);
    sb = f32x4.add(sb, b);
    qa = madd(a, a, qa);
    qb = madd(b, b, qb);
  }
  if (c < wide) {
    const a = f32x4.sub(v128.load(x + c), m);
    sa = f32x4.add(sa, a);
    qa = madd(a, a, qa);
    c += 16;
  }
  if (c < end) {
    const rest = <i32>((end - c) >> 2);
    const b = v128.and(f32x4.sub(loadPartial(x + c, rest), m), firstLanes(rest));
    sb = f32x4.add(sb, b);
    qb = madd(b, b, qb);
  }
  return f64x2.add(
    f64x2.replace_lane(f64x2.splat(total(sa)), 1, total(qa)),
    f64x2.replace_lane(f64x2.splat(total(sb)), 1, total(qb)),
  );
}

/** All bits of the first `count` lanes. */
// @ts-ignore: decorator
@inline
function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The sum of the four lanes as a double. */
// @ts-ignore: decorator
@inline
function total(v: v128): f64 {
  const pair = f64x2.add(lower(v), upper(v));
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** x̂ = (x − mean)·invstd, with what the first float of the mean leaves of it: `offset` is −left·invstd. */
// @ts-ignore: decorator
@inline
function normal(x: v128, mean: v128, invstd: v128, offset: v128): v128 {
  return madd(f32x4.sub(x, mean), invstd, offset);
}

/** y = γ·x̂ + β of one row. */
// @ts-ignore: decorator
@inline
function normalise(
  x: usize,
  y: usize,
  gamma: usize,
  beta: usize,
  channels: i32,
  mean: f32,
  left: f32,
  invstd: f32,
): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(invstd);
  const o = f32x4.splat(-left * invstd);
  let c: usize = 0;
  const end = <usize>channels << 2;
  const wide = end & ~15;
  const paired = end & ~31;
  for (; c < paired; c += 32) {
    const a = normal(v128.load(x + c), m, s, o);
    const b = normal(v128.load(x + c, 16), m, s, o);
    const u = madd(a, v128.load(gamma + c), v128.load(beta + c));
    const v = madd(b, v128.load(gamma + c, 16), v128.load(beta + c, 16));
    v128.store(y + c, v, 16);
    v128.store(y + c, u);
  }
  if (c < wide) {
    const a = normal(v128.load(x + c), m, s, o);
    v128.store(y + c, madd(a, v128.load(gamma + c), v128.load(beta + c)));
    c += 16;
  }
  if (c < end) {
    const rest = <i32>((end - c) >> 2);
    const a = normal(loadPartial(x + c, rest), m, s, o);
    storePartial(y + c, madd(a, loadPartial(gamma + c, rest), loadPartial(beta + c, rest)), rest);
  }
}

/** dx of some rows, a chunk, and their part of dγ and dβ. */
export function layer_norm_backward(args: LayerNormBackwardArgs, chunk: i32): void {
  const channels = args.channels;
  const rows = args.rows;
  const pitch = <usize>channels << 2;
  const begin = chunk * args.rowsPerChunk;
  const end = min(begin + args.rowsPerChunk, rows);
  const gamma = args.gamma;
  const dgamma = args.partials + <usize>chunk * 2 * pitch;
  memory.fill(dgamma, 0, 2 * pitch);
  const share: f64 = 1 / <f64>channels;
  let x = args.x + <usize>begin * pitch;
  let dy = args.dy + <usize>begin * pitch;
  let dx = args.dx + <usize>begin * pitch;
  for (let row = begin; row < end; row++) {
    const at = args.mean + (<usize>row << 2);
    const invstd = load<f32>(args.invstd + (<usize>row << 2));
    const mean = load<f32>(at);
    const offset = -load<f32>(at + (<usize>rows << 2)) * invstd;
    const sums = rowSums(x, dy, gamma, dgamma, channels, mean, invstd, offset);
    // dx = invstd·γ·dy + slope·x̂ + level.
    const scaled = -<f64>invstd * share;
    const level = <f32>(f64x2.extract_lane(sums, 0) * scaled);
    const slope = <f32>(f64x2.extract_lane(sums, 1) * scaled);
    rowGradient(x, dy, dx, gamma, channels, mean, invstd, offset, slope, level);
    x += pitch;
    dy += pitch;
    dx += pitch;
  }
}

/** Σγ·dy and Σγ·dy·x̂ of one row, in two doubles; adds dy·x̂ and dy to the rows at `dgamma`. */
// @ts-ignore: decorator
@inline
function rowSums(
  x: usize,
  dy: usize,
  gamma: usize,
  dgamma: usize,
  channels: i32,
  mean: f32,
  invstd: f32,
  offset: f32,
): v128 {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(invstd);
  const o = f32x4.splat(offset);
  const end = <usize>channels << 2;
  const dbeta = dgamma + end;
  const wide = end & ~15;
  const paired = end & ~31;
  let sa = f32x4.splat(0);
  let sb = sa;
  let pa = sa;
  let pb = sa;
  let c: usize = 0;
  for (; c < paired; c += 32) {
    const a = v128.load(dy + c);
    const b = v128.load(dy + c, 16);
    const ax = normal(v128.load(x + c), m, s, o);
    const bx = normal(v128.load(x + c, 16), m, s, o);
    const ad = madd(a, ax, v128.load(dgamma + c));
    const bd = madd(b, bx, v128.load(dgamma + c, 16));
    v128.store(dgamma + c, bd, 16);
    v128.store(dgamma + c, ad);
    const ab = f32x4.add(a, v128.load(dbeta + c));
    const bb = f32x4.add(b, v128.load(dbeta + c, 16));
    v128.store(dbeta + c, bb, 16);
    v128.store(dbeta + c, ab);
    const ag = f32x4.mul(a, v128.load(gamma + c));
    const bg = f32x4.mul(b, v128.load(gamma + c, 16));
    sa = f32x4.add(sa, ag);
    sb = f32x4.add(sb, bg);
    pa = madd(ag, ax, pa);
    pb = madd(bg, bx, pb);
  }
  for (; c < end; c += 16) {
    const lanes = min(4, <i32>((end - c) >> 2));
    const a = loadLanes(dy + c, lanes);
    // Lanes beyond the row have dy = 0, but x̂ may be anything there.
    const ax = v128.and(normal(loadLanes(x + c, lanes), m, s, o), firstLanes(lanes));
    storeLanes(dgamma + c, madd(a, ax, loadLanes(dgamma + c, lanes)), lanes);
    storeLanes(dbeta + c, f32x4.add(a, loadLanes(dbeta + c, lanes)), lanes);
    const ag = f32x4.mul(a, loadLanes(gamma + c, lanes));
    sa = f32x4.add(sa, ag);
    pa = madd(ag, ax, pa);
  }
  return f64x2.add(
    f64x2.replace_lane(f64x2.splat(total(sa)), 1, total(pa)),
    f64x2.replace_lane(f64x2.splat(total(sb)), 1, total(pb)),
  );
}

/** dx = invstd·γ·dy + slope·x̂ + level of one row. */
// @ts-ignore: decorator
@inline
function rowGradient(
  x: usize,
  dy: usize,
  dx: usize,
  gamma: usize,
  channels: i32,
  mean: f32,
  invstd: f32,
  offset: f32,
  slope: f32,
  level: f32,
): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(invstd);
  // slope·x̂ + level as a multiple of x − mean.
  const b = f32x4.splat(slope * invstd);
  const k = f32x4.splat(slope * offset + level);
  const end = <usize>channels << 2;
  const paired = end & ~31;
  let c: usize = 0;
  for (; c < paired; c += 32) {
    const ag = f32x4.mul(v128.load(gamma + c), s);
    const bg = f32x4.mul(v128.load(gamma + c, 16), s);
    const ad = madd(f32x4.sub(v128.load(x + c), m), b, k);
    const bd = madd(f32x4.sub(v128.load(x + c, 16), m), b, k);
    const u = madd(ag, v128.load(dy + c), ad);
    const v = madd(bg, v128.load(dy + c, 16), bd);
    v128.store(dx + c, v, 16);
    v128.store(dx + c, u);
  }
  for (; c < end; c += 16) {
    const lanes = min(4, <i32>((end - c) >> 2));
    const g = f32x4.mul(loadLanes(gamma + c, lanes), s);
    const d = madd(f32x4.sub(loadLanes(x + c, lanes), m), b, k);
    storeLanes(dx + c, madd(g, loadLanes(dy + c, lanes), d), lanes);
  }
}

/** Adds the chunks' parts of dγ and dβ in their order, in doubles. One chunk is some channels. */
export function layer_norm_backward_combine(args: LayerNormBackwardCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * args.channelsPerChunk, channels);
  for (let c = chunk * args.channelsPerChunk; c < end; c++) {
    const at = <usize>c << 2;
    let from = args.partials + at;
    let slope: f64 = 0;
    let sum: f64 = 0;
    for (let part = 0; part < args.parts; part++) {
      slope += <f64>load<f32>(from);
      sum += <f64>load<f32>(from + pitch);
      from += 2 * pitch;
    }
    store<f32>(args.dgamma + at, <f32>slope);
    store<f32>(args.dbeta + at, <f32>sum);
  }
}
