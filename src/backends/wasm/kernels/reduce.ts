import { ChannelSumCombineArgs, ChannelSumTilesArgs, NormCombineArgs, SquaredNormArgs } from './args.generated';
import { addRow, lower, upper } from './rows';

/* Sums, bound by memory: each tensor is read once, as one stream (rows.ts). */

/** Σ over a tile of rows, per channel. */
export function channel_sum_tiles(args: ChannelSumTilesArgs, chunk: i32): void {
  const channels = args.channels;
  const rowTile = chunk / args.channelTiles;
  const first = (chunk % args.channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const rows = min(args.rowsPerTile, args.rows - rowTile * args.rowsPerTile);
  const pitch = <usize>channels << 2;
  const sums = args.partials + <usize>rowTile * pitch + (<usize>first << 2);
  memory.fill(sums, 0, <usize>width << 2);
  addRow(args.x + <usize>(rowTile * args.rowsPerTile) * pitch + (<usize>first << 2), pitch, rows, width, sums);
}

/** Adds the tiles in their order, in doubles. */
export function channel_sum_combine(args: ChannelSumCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const end = min((chunk + 1) * args.channelsPerChunk, channels);
  for (let c = chunk * args.channelsPerChunk; c < end; c++) {
    let sum: f64 = 0;
    for (let tile = 0; tile < args.rowTiles; tile++) {
      sum += load<f32>(args.partials + (<usize>(tile * channels + c) << 2));
    }
    store<f32>(args.sums + (<usize>c << 2), <f32>sum);
  }
}

/**
 * Σg² of a piece of one of several tensors, in doubles. Each tensor has ⌈size / floats a chunk⌉ chunks, in their order.
 */
export function squared_norm(args: SquaredNormArgs, chunk: i32): void {
  const perChunk = args.perChunk;
  let tensor = args.tensors;
  let piece = chunk;
  for (;;) {
    const pieces = (load<i32>(tensor, 4) + perChunk - 1) / perChunk;
    if (piece < pieces) break;
    piece -= pieces;
    tensor += 8;
  }
  const count = min(perChunk, load<i32>(tensor, 4) - piece * perChunk);
  let from = <usize>load<u32>(tensor) + (<usize>(piece * perChunk) << 2);
  let a = f64x2.splat(0);
  let b = a;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(from);
    const low = lower(v);
    const high = upper(v);
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
    from += 16;
  }
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; i < count; i++) {
    const v = <f64>load<f32>(from);
    sum += v * v;
    from += 4;
  }
  store<f64>(args.partials + (<usize>chunk << 3), sum);
}

/**
 * ‖g‖ and min(1, maxNorm / (‖g‖ + 1e-6)), as torch.nn.utils.clip_grad_norm_. One chunk.
 */
export function norm_combine(args: NormCombineArgs, chunk: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < args.count; i++) sum += load<f64>(args.partials + (<usize>i << 3));
  const norm = Math.sqrt(sum);
  const coefficient = <f64>load<f32>(args.maxNorm) / (norm + 1e-6);
  store<f32>(args.norm, <f32>norm);
  // A norm of NaN makes the coefficient NaN, as in PyTorch.
  store<f32>(args.coefficient, coefficient > 1 ? 1 : <f32>coefficient);
}
