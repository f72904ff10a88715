import { BatchNormBackwardApplyArgs, BatchNormBackwardCombineArgs, BatchNormBackwardSumsArgs } from './args.generated';
import { activationHasRest, activePart } from './activation';
import { madd } from './simd';
import { loadLanes, lower, upper } from './rows';
import { loadPartial, storePartial } from './strip';

/**
 * Backward of batch norm (and of the activation and residual fused with it), over M = N·H·W rows of C channels:
 * dz = dy where the activation lets it through (`activePart`; all of dy without one), dβ = Σdz, dγ = Σdz·x̂,
 * dx = γ·invstd·(dz − dβ/M − x̂·dγ/M).
 *
 * Bound by memory: x, dy and y are read twice, for the sums and for dx. Long rows are read one by one, as a single stream through memory,
 * which doubled the speed of such sums (docs/LOG.md).
 *
 * `batch_norm_backward_sums`: Σdz and Σdz·(x − mean) of a tile of rows × channels.
 */
export function batch_norm_backward_sums(args: BatchNormBackwardSumsArgs, chunk: i32): void {
  if (activationHasRest(args.activation)) tileSums(args, args.dy, chunk, true);
  else tileSums(args, args.dy, chunk, false);
}

/** The sums of a tile of `gradient`, as `args` have all else; `capped`, a constant, tells whether the activation is ReLU6. */
// @ts-ignore: decorator
@inline
export function tileSums(args: BatchNormBackwardSumsArgs, gradient: usize, chunk: i32, capped: bool): void {
  const channels = args.channels;
  const rowsPerTile = args.rowsPerTile;
  const channelTiles = args.channelTiles;
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const rows = min(rowsPerTile, args.rows - rowTile * rowsPerTile);
  const pitch = <usize>channels << 2;
  const begin = <usize>(rowTile * rowsPerTile) * pitch + (<usize>first << 2);
  const masked = args.y != 0;
  const mean = args.mean + (<usize>first << 2);
  const sums = args.partials + <usize>rowTile * 2 * pitch + (<usize>first << 2);
  const products = sums + pitch;
  memory.fill(sums, 0, <usize>width << 2);
  memory.fill(products, 0, <usize>width << 2);
  let dy = gradient + begin;
  let x = args.x + begin;
  // Without ReLU dy stands in for y and the mask is all ones.
  let y = masked ? args.y + begin : dy;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const wide = <usize>(width & ~3) << 2;
  const doubled = wide & ~31;
  const rest = width & 3;
  let row = 0;
  // Two rows at a time where they are short; long ones one by one, so that memory is read as one stream.
  const paired = width < 64 ? rows - 1 : 0;
  for (; row < paired; row += 2) {
    for (let c: usize = 0; c < wide; c += 16) {
      const m = v128.load(mean + c);
      const below = c + pitch;
      const dz0 = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      const dz1 = v128.and(v128.load(dy + below), v128.or(activePart(v128.load(y + below), capped), all));
      const d0 = f32x4.sub(v128.load(x + c), m);
      const d1 = f32x4.sub(v128.load(x + below), m);
      v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.add(dz0, dz1)));
      const pair = madd(dz0, d0, f32x4.mul(dz1, d1));
      v128.store(products + c, f32x4.add(v128.load(products + c), pair));
    }
    if (rest) {
      addTail(dy + wide, x + wide, y + wide, mean + wide, sums + wide, products + wide, all, rest, capped);
      const below = wide + pitch;
      addTail(dy + below, x + below, y + below, mean + wide, sums + wide, products + wide, all, rest, capped);
    }
    dy += pitch << 1;
    x += pitch << 1;
    y += pitch << 1;
  }
  for (; row < rows; row++) {
    let c: usize = 0;
    for (; c < doubled; c += 32) {
      const dz = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      const ez = v128.and(v128.load(dy + c, 16), v128.or(activePart(v128.load(y + c, 16), capped), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const s = f32x4.add(v128.load(sums + c), dz);
      const t = f32x4.add(v128.load(sums + c, 16), ez);
      const p = madd(dz, d, v128.load(products + c));
      const q = madd(ez, e, v128.load(products + c, 16));
      v128.store(sums + c, t, 16);
      v128.store(sums + c, s);
      v128.store(products + c, q, 16);
      v128.store(products + c, p);
    }
    for (; c < wide; c += 16) {
      const dz = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), dz));
      v128.store(products + c, madd(dz, d, v128.load(products + c)));
    }
    if (rest) addTail(dy + wide, x + wide, y + wide, mean + wide, sums + wide, products + wide, all, rest, capped);
    dy += pitch;
    x += pitch;
    y += pitch;
  }
}

/** The last one to three channels of a row. */
function addTail(
  dy: usize,
  x: usize,
  y: usize,
  mean: usize,
  sums: usize,
  products: usize,
  all: v128,
  rest: i32,
  capped: bool,
): void {
  const dz = v128.and(loadPartial(dy, rest), v128.or(activePart(loadPartial(y, rest), capped), all));
  const d = f32x4.sub(loadPartial(x, rest), loadPartial(mean, rest));
  storePartial(sums, f32x4.add(loadPartial(sums, rest), dz), rest);
  storePartial(products, madd(dz, d, loadPartial(products, rest)), rest);
}

/**
 * Adds the tiles in their order, in doubles, and prepares dx = a·dz + b·(x − mean) + c, where mean is its first float: what
 * that leaves is made up for here. One chunk is some channels.
 */
export function batch_norm_backward_combine(args: BatchNormBackwardCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * args.channelsPerChunk, channels);
  for (let c = chunk * args.channelsPerChunk; c < end; c += 4) {
    const lanes = min(end - c, 4);
    const at = <usize>c << 2;
    let from = args.partials + at;
    let sum01 = f64x2.splat(0);
    let sum23 = sum01;
    let product01 = sum01;
    let product23 = sum01;
    for (let tile = 0; tile < args.rowTiles; tile++) {
      const sum = loadLanes(from, lanes);
      const product = loadLanes(from + pitch, lanes);
      sum01 = f64x2.add(sum01, lower(sum));
      sum23 = f64x2.add(sum23, upper(sum));
      product01 = f64x2.add(product01, lower(product));
      product23 = f64x2.add(product23, upper(product));
      from += pitch << 1;
    }
    finish(args, at, f64x2.extract_lane(sum01, 0), f64x2.extract_lane(product01, 0));
    if (lanes > 1) finish(args, at + 4, f64x2.extract_lane(sum01, 1), f64x2.extract_lane(product01, 1));
    if (lanes > 2) finish(args, at + 8, f64x2.extract_lane(sum23, 0), f64x2.extract_lane(product23, 0));
    if (lanes > 3) finish(args, at + 12, f64x2.extract_lane(sum23, 1), f64x2.extract_lane(product23, 1));
  }
}

/** What `batch_norm_backward_combine` writes for one channel, `at` bytes from the first. */
function finish(args: BatchNormBackwardCombineArgs, at: usize, sum: f64, product: f64): void {
  const rows = <f64>args.rows;
  const pitch = <usize>args.channels << 2;
  const left = <f64>load<f32>(args.mean + pitch + at);
  const invstd = <f64>load<f32>(args.invstd + at);
  const slope = (product - left * sum) * invstd;
  const a = <f64>load<f32>(args.gamma + at) * invstd;
  const b = (-a * invstd * slope) / rows;
  store<f32>(args.dgamma + at, <f32>slope);
  store<f32>(args.dbeta + at, <f32>sum);
  const coefficients = args.coefficients + at;
  store<f32>(coefficients, <f32>a);
  store<f32>(coefficients + pitch, <f32>b);
  store<f32>(coefficients + 2 * pitch, <f32>((-a * sum) / rows - b * left));
}

/** dx, and dz as the residual's gradient if it is wanted. A chunk is some rows. */
export function batch_norm_backward_apply(args: BatchNormBackwardApplyArgs, chunk: i32): void {
  if (activationHasRest(args.activation)) apply(args, chunk, true, args.dresidual != 0);
  else if (args.dresidual != 0) apply(args, chunk, false, true);
  else apply(args, chunk, false, false);
}

/** `capped`, a constant, tells whether the activation is ReLU6; `beside`, a constant but for ReLU6, whether dz is wanted. */
// @ts-ignore: decorator
@inline
function apply(args: BatchNormBackwardApplyArgs, chunk: i32, capped: bool, beside: bool): void {
  const channels = args.channels;
  const rowsPerChunk = args.rowsPerChunk;
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, args.rows - chunk * rowsPerChunk);
  const masked = args.y != 0;
  const mean = args.mean;
  const a = args.coefficients;
  const b = a + pitch;
  const k = b + pitch;
  let dy = args.dy + begin;
  let x = args.x + begin;
  let y = masked ? args.y + begin : dy;
  let dx = args.dx + begin;
  let dresidual = args.dresidual + begin;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const wide = <usize>(channels & ~3) << 2;
  const doubled = wide & ~31;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < doubled; c += 32) {
      const dz = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      const ez = v128.and(v128.load(dy + c, 16), v128.or(activePart(v128.load(y + c, 16), capped), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const u = madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c)));
      const v = madd(ez, v128.load(a + c, 16), madd(e, v128.load(b + c, 16), v128.load(k + c, 16)));
      if (beside) {
        v128.store(dresidual + c, ez, 16);
        v128.store(dresidual + c, dz);
      }
      v128.store(dx + c, v, 16);
      v128.store(dx + c, u);
    }
    for (; c < wide; c += 16) {
      const dz = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      if (beside) v128.store(dresidual + c, dz);
      v128.store(dx + c, madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c))));
    }
    if (rest) {
      const mask = v128.or(activePart(loadPartial(y + wide, rest), capped), all);
      const dz = v128.and(loadPartial(dy + wide, rest), mask);
      const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
      const shifted = madd(d, loadPartial(b + wide, rest), loadPartial(k + wide, rest));
      if (beside) storePartial(dresidual + wide, dz, rest);
      storePartial(dx + wide, madd(dz, loadPartial(a + wide, rest), shifted), rest);
    }
    dy += pitch;
    x += pitch;
    y += pitch;
    dx += pitch;
    dresidual += pitch;
  }
}
