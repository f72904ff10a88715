import {
  BatchNormApplyArgs,
  BatchNormCombineArgs,
  BatchNormMomentsArgs,
  BatchNormRescaleArgs,
  BatchNormScaleArgs,
  FoldBatchNormArgs,
} from './args.generated';
import { activationFloor, activationHasRest, inTile, isLater, limited } from './activation';
import { activate_rows } from './activations';
import { LINEAGE, madd } from './simd';
import { addDeviations, addRow, loadLanes, lower, upper } from './rows';
import { keep, track } from './statistics';
import { loadPartial, storePartial } from './strip';

/**
 * Batch norm over M = N·H·W rows of C channels (Ioffe and Szegedy 2015), training: `batch_norm_moments` →
 * `batch_norm_combine` → `batch_norm_apply`, and for y once more `batch_norm_rescale` → `batch_norm_apply`; inference:
 * `batch_norm_scale` → `batch_norm_apply`. The mean is two floats, the second what the first leaves of it.
 *
 * Bound by memory, through which training passes four times, twice forward and twice backward. Loops go by pairs of
 * vectors, which is worth 5 % where memory is the bound and a quarter to a third where the third-level cache holds the
 * tensor (docs/LOG.md).
 *
 * `batch_norm_moments`: Σd and Σd² of a tile of rows × channels, d = x − shift. The shift is the mean of the tile's first
 * quarter: that is at most √3 standard deviations from the tile's own mean, whatever the numbers are, so that no more than two
 * bits of M2 = Σd² − (Σd)²/n cancel, and Σd corrects the mean. From 0 all would cancel where the mean is far from it.
 */
export function batch_norm_moments(args: BatchNormMomentsArgs, chunk: i32): void {
  const channels = args.channels;
  const rowsPerTile = args.rowsPerTile;
  const channelTiles = args.channelTiles;
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const rows = min(rowsPerTile, args.rows - rowTile * rowsPerTile);
  const pitch = <usize>channels << 2;
  const x = args.x + <usize>(rowTile * rowsPerTile) * pitch + (<usize>first << 2);
  const shift = args.partials + <usize>rowTile * 3 * pitch + (<usize>first << 2);
  const sums = shift + pitch;
  const squares = sums + pitch;
  const bytes = <usize>width << 2;
  memory.fill(shift, 0, bytes);
  memory.fill(sums, 0, bytes);
  memory.fill(squares, 0, bytes);
  const some = (rows + 3) >> 2;
  addRow(x, pitch, some, width, shift);
  const scale: f32 = 1 / <f32>some;
  for (let c = 0; c < width; c++) {
    const at = shift + (<usize>c << 2);
    store<f32>(at, load<f32>(at) * scale);
  }
  addDeviations(x, pitch, rows, width, shift, sums, squares);
}

/**
 * Joins the tiles' sums in their order, in doubles: with e = shift − K, where K is the first tile's shift, Σ(x − K) is the sum
 * of Σd + n·e over the tiles, Σ(x − K)² that of Σd² + e·(2·Σd + n·e). Updates the running statistics; gives mean, 1/σ, and
 * y = scale·(x − mean) + shift. One chunk is some channels.
 */
export function batch_norm_combine(args: BatchNormCombineArgs, chunk: i32): void {
  const rows = args.rows;
  const channels = args.channels;
  const rowsPerTile = args.rowsPerTile;
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * args.channelsPerChunk, channels);
  for (let c = chunk * args.channelsPerChunk; c < end; c += 4) {
    const lanes = min(end - c, 4);
    const at = <usize>c << 2;
    let from = args.partials + at;
    const origin = loadLanes(from, lanes);
    const origin01 = lower(origin);
    const origin23 = upper(origin);
    let sum01 = f64x2.splat(0);
    let sum23 = sum01;
    let square01 = sum01;
    let square23 = sum01;
    for (let row = 0; row < rows; row += rowsPerTile) {
      const size = f64x2.splat(<f64>min(rowsPerTile, rows - row));
      const shift = loadLanes(from, lanes);
      const sum = loadLanes(from + pitch, lanes);
      const square = loadLanes(from + 2 * pitch, lanes);
      const e01 = f64x2.sub(lower(shift), origin01);
      const e23 = f64x2.sub(upper(shift), origin23);
      const moved01 = f64x2.add(lower(sum), f64x2.mul(e01, size));
      const moved23 = f64x2.add(upper(sum), f64x2.mul(e23, size));
      square01 = f64x2.add(square01, f64x2.add(lower(square), f64x2.mul(e01, f64x2.add(lower(sum), moved01))));
      square23 = f64x2.add(square23, f64x2.add(upper(square), f64x2.mul(e23, f64x2.add(upper(sum), moved23))));
      sum01 = f64x2.add(sum01, moved01);
      sum23 = f64x2.add(sum23, moved23);
      from += 3 * pitch;
    }
    finish(args, at, f64x2.extract_lane(origin01, 0), f64x2.extract_lane(sum01, 0), f64x2.extract_lane(square01, 0));
    if (lanes < 2) continue;
    finish(args, at + 4, f64x2.extract_lane(origin01, 1), f64x2.extract_lane(sum01, 1), f64x2.extract_lane(square01, 1));
    if (lanes < 3) continue;
    finish(args, at + 8, f64x2.extract_lane(origin23, 0), f64x2.extract_lane(sum23, 0), f64x2.extract_lane(square23, 0));
    if (lanes < 4) continue;
    finish(args, at + 12, f64x2.extract_lane(origin23, 1), f64x2.extract_lane(sum23, 1), f64x2.extract_lane(square23, 1));
  }
}

/** What `batch_norm_combine` writes for one channel, `at` bytes from the first, from Σ(x − K) and Σ(x − K)². */
function finish(args: BatchNormCombineArgs, at: usize, origin: f64, sum: f64, square: f64): void {
  const count = <f64>args.rows;
  const pitch = <usize>args.channels << 2;
  const momentum = args.momentum;
  const mean = origin + sum / count;
  // Rounding may leave less than nothing where all values agree. `max` of WebAssembly keeps NaN.
  const m2 = max(square - (sum * sum) / count, 0);
  const stored = args.mean + at;
  const invstd = args.invstd + at;
  keep(stored, stored + pitch, invstd, mean, m2, count, args.eps);
  rescale(args.gamma + at, args.beta + at, stored + pitch, invstd, args.scale + at, args.shift + at);
  track(args.runningMean + at, momentum * mean, momentum);
  track(args.runningVariance + at, (momentum * m2) / (count - 1), momentum);
}

/**
 * Scale and shift of one channel from its statistics as they are stored, so that they can be had again to the last bit. The
 * shift makes up for what the first float of the mean leaves.
 */
function rescale(gamma: usize, beta: usize, left: usize, invstd: usize, scale: usize, shift: usize): void {
  const factor = <f64>load<f32>(gamma) * <f64>load<f32>(invstd);
  store<f32>(scale, <f32>factor);
  store<f32>(shift, <f32>(<f64>load<f32>(beta) - <f64>load<f32>(left) * factor));
}

/** Scale and shift as `batch_norm_combine` gave them. One chunk. */
export function batch_norm_rescale(args: BatchNormRescaleArgs, chunk: i32): void {
  const pitch = <usize>args.channels << 2;
  for (let c = 0; c < args.channels; c++) {
    const at = <usize>c << 2;
    rescale(
      args.gamma + at,
      args.beta + at,
      args.mean + pitch + at,
      args.invstd + at,
      args.scale + at,
      args.shift + at,
    );
  }
}

/** γ/√(var + ε) of each channel. One chunk. */
export function batch_norm_scale(args: BatchNormScaleArgs, chunk: i32): void {
  for (let c = 0; c < args.channels; c++) {
    const at = <usize>c << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(args.variance + at) + args.eps);
    store<f32>(args.scale + at, <f32>(<f64>load<f32>(args.gamma + at) * invstd));
  }
}

/**
 * y = activation(scale·(x − mean) + shift + residual). The difference comes first: it is exact where scale·x would round at the
 * size of the mean.
 */
export function batch_norm_apply(args: BatchNormApplyArgs, chunk: i32): void {
  if (activationHasRest(inTile(args.activation))) apply(args, chunk, true, args.residual != 0);
  else if (args.residual != 0) apply(args, chunk, false, true);
  else apply(args, chunk, false, false);
  if (LINEAGE && isLater(args.activation)) {
    const first = chunk * args.rowsPerChunk;
    const pitch = <usize>args.channels << 2;
    const rows = min(args.rowsPerChunk, args.rows - first);
    activate_rows(args.y + <usize>first * pitch, rows, args.channels, pitch, args.activation);
  }
}

/** `capped`, a constant, tells whether the activation is ReLU6; `added`, a constant but for ReLU6, whether there is a residual. */
// @ts-ignore: decorator
@inline
function apply(args: BatchNormApplyArgs, chunk: i32, capped: bool, added: bool): void {
  const mean = args.mean;
  const scale = args.scale;
  const shift = args.shift;
  const channels = args.channels;
  const rowsPerChunk = args.rowsPerChunk;
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, args.rows - chunk * rowsPerChunk);
  const wide = <usize>(channels & ~3) << 2;
  // Two vectors side by side become one of 256 bits.
  const paired = wide & ~31;
  const rest = channels & 3;
  const floor = f32x4.splat(activationFloor(inTile(args.activation)));
  let x = args.x + begin;
  let y = args.y + begin;
  let residual = args.residual + begin;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      let v = madd(d, v128.load(scale + c), v128.load(shift + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      let w = madd(e, v128.load(scale + c, 16), v128.load(shift + c, 16));
      if (added) v = f32x4.add(v, v128.load(residual + c));
      if (added) w = f32x4.add(w, v128.load(residual + c, 16));
      v128.store(y + c, limited(w, floor, capped), 16);
      v128.store(y + c, limited(v, floor, capped));
    }
    for (; c < wide; c += 16) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      let v = madd(d, v128.load(scale + c), v128.load(shift + c));
      if (added) v = f32x4.add(v, v128.load(residual + c));
      v128.store(y + c, limited(v, floor, capped));
    }
    if (rest) {
      const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
      let v = madd(d, loadPartial(scale + wide, rest), loadPartial(shift + wide, rest));
      if (added) v = f32x4.add(v, loadPartial(residual + wide, rest));
      storePartial(y + wide, limited(v, floor, capped), rest);
    }
    x += pitch;
    y += pitch;
    residual += pitch;
  }
}

/**
 * Folds batch norm into a convolution: w′ = w·γ/√(var + ε), b′ = (b − mean)·γ/√(var + ε) + β. One chunk is some of K.
 * Both take the factor as f32 rounds it: otherwise what it loses would stay of a large mean.
 */
export function fold_batch_norm(args: FoldBatchNormArgs, chunk: i32): void {
  const size = args.filterSize;
  const end = min((chunk + 1) * args.filtersPerChunk, args.filters);
  for (let k = chunk * args.filtersPerChunk; k < end; k++) {
    const at = <usize>k << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(args.variance + at) + args.eps);
    const scale = <f32>(<f64>load<f32>(args.gamma + at) * invstd);
    const bias: f64 = args.bias == 0 ? 0 : load<f32>(args.bias + at);
    const mean = <f64>load<f32>(args.mean + at);
    store<f32>(args.foldedBias + at, <f32>((bias - mean) * <f64>scale + <f64>load<f32>(args.beta + at)));
    const from = args.weights + (<usize>(k * size) << 2);
    const to = args.foldedWeights + (<usize>(k * size) << 2);
    const factor = f32x4.splat(scale);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const shift = <usize>i << 2;
      v128.store(to + shift, f32x4.mul(v128.load(from + shift), factor));
    }
    for (; i < size; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)) * scale);
  }
}
