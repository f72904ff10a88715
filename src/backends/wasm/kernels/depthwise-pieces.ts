import { activationFloor } from './activation';
import { WIDE } from './simd';
import { depthwise_gradient_tile, depthwise_gradient_tile_2, depthwise_spread_row } from './depthwise-gradient-tiles';
import {
  depthwise_gradient_tile_2_wide,
  depthwise_gradient_tile_wide,
  depthwise_spread_row_wide,
} from './depthwise-gradient-tiles-wide.generated';
import { depthwise_table, depthwise_tile, depthwise_tile_2, TABLE, TILE } from './depthwise-tiles';
import { depthwise_tile_2_wide, depthwise_tile_wide } from './depthwise-tiles-wide.generated';

/*
 * The pieces that a depthwise 3×3 convolution and its gradients are made of: columns of one row of a picture, all channels. Weights
 * are those of `pack_depthwise_weights`.
 *
 * `table`, in scratch room, is that of depthwise-tiles.ts; behind it lie a float below which no output goes,
 * the code of the activation, and a pixel of zeros.
 */

/** Columns of dy that `depthwise_spread` does at a time: what they give of dx is then in the first-level cache for all channels. */
const BLOCK: i32 = 14;

/** Puts in place what lies behind the table. */
export function depthwise_scratch(table: usize, activation: i32, channels: i32): void {
  store<f32>(table + TABLE, activationFloor(activation));
  store<i32>(table + TABLE, activation, 4);
  memory.fill(zerosOf(table), 0, <usize>channels << 2);
}

// @ts-ignore: decorator
@inline
function zerosOf(table: usize): usize {
  return table + TABLE + 16;
}

/** Channels that go in pairs of vectors. */
// @ts-ignore: decorator
@inline
function pairedOf(channels: i32): i32 {
  return WIDE ? channels & ~7 : 0;
}

/**
 * A tile of a row of outputs, from column `tile` on, whose middle row of the picture `source` is `centre`. The last tile of a row
 * begins so much earlier that it ends with the row.
 */
export function depthwise_columns(
  table: usize,
  source: usize,
  height: i32,
  width: i32,
  channels: i32,
  centre: i32,
  stride: i32,
  weights: usize,
  bias: usize,
  out: usize,
  outWidth: i32,
  tile: i32,
): void {
  const pixel = <usize>channels << 2;
  const paired = pairedOf(channels);
  const rest = weights + <usize>(paired * 9 * 4);
  const floor = table + TABLE;
  const column = min(tile, outWidth - TILE);
  const to = out + <usize>column * pixel;
  depthwise_table(table, source, height, width, pixel, centre, column, stride, zerosOf(table));
  if (WIDE) {
    if (stride == 1) depthwise_tile_wide(table, weights, bias, floor, 0, paired, to, pixel);
    else depthwise_tile_2_wide(table, weights, bias, floor, 0, paired, to, pixel);
  }
  if (paired < channels) {
    if (stride == 1) depthwise_tile(table, rest, bias, floor, paired, channels, to, pixel);
    else depthwise_tile_2(table, rest, bias, floor, paired, channels, to, pixel);
  }
}

/** Adds to `partial` what a tile of a row of dy, whose middle row of the picture `x` is `centre`, gives of the weights' gradient. */
export function depthwise_gradient_columns(
  table: usize,
  x: usize,
  height: i32,
  width: i32,
  channels: i32,
  centre: i32,
  stride: i32,
  dy: usize,
  outWidth: i32,
  partial: usize,
  tile: i32,
): void {
  const pixel = <usize>channels << 2;
  const paired = pairedOf(channels);
  const rest = partial + <usize>(paired * 9 * 4);
  const column = min(tile, outWidth - TILE);
  const from = dy + <usize>column * pixel;
  const skip = tile - column;
  depthwise_table(table, x, height, width, pixel, centre, column, stride, zerosOf(table));
  if (WIDE) {
    if (stride == 1) depthwise_gradient_tile_wide(table, from, skip, 0, paired, partial, pixel);
    else depthwise_gradient_tile_2_wide(table, from, skip, 0, paired, partial, pixel);
  }
  if (paired < channels) {
    if (stride == 1) depthwise_gradient_tile(table, from, skip, paired, channels, rest, pixel);
    else depthwise_gradient_tile_2(table, from, skip, paired, channels, rest, pixel);
  }
}

/**
 * Row `row` of dx at stride 2: of row (row + 1 − r) / 2 of the picture `dy` for r = 0 and 2 if `row` is odd, for r = 1 if it is
 * even. `height` and `width` are those of dy.
 */
export function depthwise_spread(
  table: usize,
  dy: usize,
  height: i32,
  width: i32,
  channels: i32,
  row: i32,
  weights: usize,
  out: usize,
  outWidth: i32,
): void {
  const pixel = <usize>channels << 2;
  const paired = pairedOf(channels);
  const rest = weights + <usize>(paired * 9 * 4);
  const at = <usize>paired << 2;
  const near = dy + <usize>(row >> 1) * pixel * <usize>width;
  const odd = row & 1;
  const below = odd && (row >> 1) + 1 < height;
  const far = below ? near + pixel * <usize>width : zerosOf(table);
  const step = below ? pixel : 0;
  const tap = odd ? 6 : 3;
  const farTap = odd ? 0 : 3;
  for (let column = 0; column < width; column += BLOCK) {
    // The first column of dy of the next block ends this one, whose last column of dx is then written twice.
    const more = column + BLOCK < width;
    const count = more ? BLOCK + 1 : width - column;
    const outCount = more ? 2 * BLOCK + 1 : outWidth - 2 * column;
    const d0 = near + <usize>column * pixel;
    const d1 = far + <usize>column * step;
    const to = out + <usize>(2 * column) * pixel;
    if (WIDE) {
      const w0 = weights + (<usize>tap << 5);
      const w1 = weights + (<usize>farTap << 5);
      depthwise_spread_row_wide(d0, d1, pixel, step, w0, w1, paired, to, count, outCount);
    }
    if (paired < channels) {
      const w0 = rest + (<usize>tap << 4);
      const w1 = rest + (<usize>farTap << 4);
      const d2 = below ? d1 + at : d1;
      depthwise_spread_row(d0 + at, d2, pixel, step, w0, w1, channels - paired, to + at, count, outCount);
    }
  }
}
