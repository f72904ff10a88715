import { address, word } from './simd';
import { addRow, lower, upper } from './rows';

/**
 * Σ over a tile of rows, per channel. Arguments: 0 x, 1 partials [row tile][C], 2 rows, 3 C, 4 rows a tile,
 * 5 channels a tile, 6 channel tiles.
 */
export function channel_sum_tiles(args: usize, chunk: i32): void {
  const channels = word(args, 3);
  const rowTile = chunk / word(args, 6);
  const first = (chunk % word(args, 6)) * word(args, 5);
  const width = min(word(args, 5), channels - first);
  const rows = min(word(args, 4), word(args, 2) - rowTile * word(args, 4));
  const pitch = <usize>channels << 2;
  const sums = address(args, 1) + <usize>rowTile * pitch + (<usize>first << 2);
  memory.fill(sums, 0, <usize>width << 2);
  addRow(address(args, 0) + <usize>(rowTile * word(args, 4)) * pitch + (<usize>first << 2), pitch, rows, width, sums);
}

/** Adds the tiles in their order, in doubles. Arguments: 0 partials, 1 sums, 2 C, 3 tiles, 4 channels a chunk. */
export function channel_sum_combine(args: usize, chunk: i32): void {
  const channels = word(args, 2);
  const end = min((chunk + 1) * word(args, 4), channels);
  for (let c = chunk * word(args, 4); c < end; c++) {
    let sum: f64 = 0;
    for (let tile = 0; tile < word(args, 3); tile++) {
      sum += load<f32>(address(args, 0) + (<usize>(tile * channels + c) << 2));
    }
    store<f32>(address(args, 1) + (<usize>c << 2), <f32>sum);
  }
}

/**
 * Σg² of a piece of one of several tensors, in doubles. Arguments: 0 partials (f64 for each chunk), 1 floats a chunk,
 * 2 tensors, then for each tensor its address and size. Each tensor has ⌈size / floats a chunk⌉ chunks, in their order.
 */
export function squared_norm(args: usize, chunk: i32): void {
  const perChunk = word(args, 1);
  let tensor = args + 12;
  let piece = chunk;
  for (;;) {
    const pieces = (word(tensor, 1) + perChunk - 1) / perChunk;
    if (piece < pieces) break;
    piece -= pieces;
    tensor += 8;
  }
  const count = min(perChunk, word(tensor, 1) - piece * perChunk);
  let from = address(tensor, 0) + (<usize>(piece * perChunk) << 2);
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
  store<f64>(address(args, 0) + (<usize>chunk << 3), sum);
}

/**
 * ‖g‖ and min(1, maxNorm / (‖g‖ + 1e-6)), as torch.nn.utils.clip_grad_norm_. One chunk.
 * Arguments: 0 partials, 1 how many, 2 maxNorm's address, 3 norm, 4 coefficient.
 */
export function norm_combine(args: usize, chunk: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < word(args, 1); i++) sum += load<f64>(address(args, 0) + (<usize>i << 3));
  const norm = Math.sqrt(sum);
  const coefficient = <f64>load<f32>(address(args, 2)) / (norm + 1e-6);
  store<f32>(address(args, 3), <f32>norm);
  // A norm of NaN makes the coefficient NaN, as in PyTorch.
  store<f32>(address(args, 4), coefficient > 1 ? 1 : <f32>coefficient);
}
