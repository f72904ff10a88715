import {
  BatchNormBackwardScaleArgs,
  BatchNormGatherStatsArgs,
  BatchNormStatsArgs,
} from './args.generated';
import { keep, track } from './statistics';

/*
 * What batch norm over several ranks does with sums of channels, where `batch-norm.ts` and `batch-norm-backward.ts` go on at once:
 * `batch_norm_moments` → `batch_norm_stats` → (sum over the ranks) → `batch_norm_gather_stats`, and back
 * `batch_norm_backward_sums` → `batch_norm_backward_combine`, whose dβ and dγ are the sums → (sum) →
 * `batch_norm_backward_scale` → `batch_norm_backward_apply`.
 * All in doubles, channel by channel. What joins tiles goes by some channels a chunk; the rest is a few thousand numbers, one chunk.
 */

/** Joins the tiles' sums as `batch_norm_combine` does. Row `rank` of the moments is [mean, what f32 leaves of it, M2]; the others are 0. */
export function batch_norm_stats(args: BatchNormStatsArgs, chunk: i32): void {
  const rows = args.rows;
  const channels = args.channels;
  const rowsPerTile = args.rowsPerTile;
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * args.channelsPerChunk, channels);
  for (let c = chunk * args.channelsPerChunk; c < end; c++) {
    const at = <usize>c << 2;
    let from = args.partials + at;
    const origin = <f64>load<f32>(from);
    let sum: f64 = 0;
    let square: f64 = 0;
    for (let row = 0; row < rows; row += rowsPerTile) {
      const size = <f64>min(rowsPerTile, rows - row);
      const e = <f64>load<f32>(from) - origin;
      const tile = <f64>load<f32>(from + pitch);
      const moved = tile + e * size;
      square += <f64>load<f32>(from + 2 * pitch) + e * (tile + moved);
      sum += moved;
      from += 3 * pitch;
    }
    const count = <f64>rows;
    const mean = origin + sum / count;
    let to = args.moments + at;
    for (let row = 0; row < 3 * args.ranks; row++) store<f32>(to + <usize>row * pitch, 0);
    to += 3 * <usize>args.rank * pitch;
    store<f32>(to, <f32>mean);
    store<f32>(to + pitch, <f32>(mean - <f64>load<f32>(to)));
    // Rounding may leave less than nothing where all values agree. `max` of WebAssembly keeps NaN.
    store<f32>(to + 2 * pitch, <f32>max(square - (sum * sum) / count, 0));
  }
}

/** Joins the ranks' moments in their order (Chan, Golub and LeVeque 1983), updates the running statistics. One chunk. */
export function batch_norm_gather_stats(args: BatchNormGatherStatsArgs, chunk: i32): void {
  const channels = args.channels;
  const momentum = args.momentum;
  const pitch = <usize>channels << 2;
  for (let c = 0; c < channels; c++) {
    const at = <usize>c << 2;
    let from = args.moments + at;
    let joined: f64 = 0;
    let mean: f64 = 0;
    let m2: f64 = 0;
    for (let rank = 0; rank < args.ranks; rank++) {
      const count = <f64>load<i32>(args.counts + (<usize>rank << 2));
      const all = joined + count;
      const difference = <f64>load<f32>(from) + <f64>load<f32>(from + pitch) - mean;
      mean += (difference * count) / all;
      m2 += <f64>load<f32>(from + 2 * pitch) + (difference * difference * joined * count) / all;
      joined = all;
      from += 3 * pitch;
    }
    const stored = args.mean + at;
    keep(stored, stored + pitch, args.invstd + at, mean, m2, joined, args.eps);
    track(args.runningMean + at, momentum * mean, momentum);
    track(args.runningVariance + at, (momentum * m2) / (joined - 1), momentum);
  }
}

/** The coefficients of `batch_norm_backward_apply` from the sums over all ranks, as `batch_norm_backward_combine` has them. One chunk. */
export function batch_norm_backward_scale(args: BatchNormBackwardScaleArgs, chunk: i32): void {
  const count = args.count;
  const pitch = <usize>args.channels << 2;
  for (let c = 0; c < args.channels; c++) {
    const at = <usize>c << 2;
    const invstd = <f64>load<f32>(args.invstd + at);
    const sum = <f64>load<f32>(args.sums + at);
    const slope = <f64>load<f32>(args.sums + pitch + at);
    const a = <f64>load<f32>(args.gamma + at) * invstd;
    const b = (-a * invstd * slope) / count;
    const to = args.coefficients + at;
    store<f32>(to, <f32>a);
    store<f32>(to + pitch, <f32>b);
    store<f32>(to + 2 * pitch, <f32>((-a * sum) / count - b * <f64>load<f32>(args.mean + pitch + at)));
  }
}
