import { DepthwiseLargeArgs } from './args.generated';
import { emit_depthwise_pixels, pack_depthwise_row } from './depthwise-large-rows';
import { depthwise_large_tile, depthwise_large_tile_2, PIXEL, TILE } from './depthwise-large-tiles';
import { depthwise_large_tile_2_wide, depthwise_large_tile_wide } from './depthwise-large-tiles-wide.generated';
import { fetch_rows } from './fetch';
import { WIDE } from './simd';

/**
 * Depthwise convolution of a square filter, 5×5 or 7×7 as a rule, at stride 1 or 2, and its gradient by x: from and to N×H×W×C, C a multiple
 * of 4. What MobileNetV3, EfficientNet and ConvNeXt are built of.
 *
 * A chunk is some rows of one picture and some blocks of sixteen channels. Its rows are read from memory as they lie, then each block is
 * done row by row: rows of x are packed when they are first needed, and those that a row of y needs are in the first-level cache. What
 * thirteen columns of seven rows take is 6 KB.
 *
 * Backward-input at stride 1 is the convolution with flipped weights. At stride 2 (`spread`) a row of dx takes every second row of the
 * flipped filter, and even and odd columns every second column: convolutions at stride 1 with the taps that are left.
 */
export function depthwise_large(args: DepthwiseLargeArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const size = args.size;
  const stride = args.stride;
  const padding = args.padding;
  const spread = args.spread != 0;
  const blockChunk = chunk % args.blockChunks;
  const rowChunk = (chunk / args.blockChunks) % args.rowChunks;
  const image = chunk / args.blockChunks / args.rowChunks;
  const first = rowChunk * args.rowsPerChunk;
  const last = min(first + args.rowsPerChunk, outHeight);

  const pitch = <usize>channels << 2;
  const sourceRow = pitch * <usize>width;
  const source = args.source + <usize>(image * height) * sourceRow;
  const top = spread ? floorHalf(first - padding) : first * stride - padding;
  const bottom = spread ? floorHalf(last - 1 - padding + size - 1) + 1 : (last - 1) * stride - padding + size;
  let sum: u32 = 0;
  if (args.blockChunks == 1) sum = fetch_rows(source, top, min(bottom, height), sourceRow);

  const columns = args.columns;
  const rowBytes = <usize>columns * PIXEL;
  const left = spread ? (padding + 1) >> 1 : padding;
  const zeros = scratch + 64;
  const line = zeros + PIXEL;
  const rows = line + rowBytes;
  memory.fill(zeros, 0, PIXEL);
  const endBlock = min((blockChunk + 1) * args.blocksPerChunk, (channels + 15) >> 4);
  for (let block = blockChunk * args.blocksPerChunk; block < endBlock; block++) {
    const channel = <usize>block << 6;
    const bytes = min(PIXEL, pitch - channel);
    const weights = args.weights + channel * <usize>(size * size);
    const bias: usize = args.bias != 0 ? args.bias + channel : zeros;
    let packed = top;
    for (let row = first; row < last; row++) {
      const centre = row - padding;
      // Which rows of the filter meet a row of dy.
      const skipped = spread ? centre & 1 : 0;
      const from = spread ? (centre + skipped) >> 1 : row * stride - padding;
      const taps = spread ? (size - skipped + 1) >> 1 : size;
      for (; packed < from + taps; packed++) {
        const inside = packed >= 0 && packed < height;
        const at = inside ? source + <usize>packed * sourceRow + channel : 0;
        pack_depthwise_row(at, pitch, width, bytes, left, columns, rows + <usize>(packed - top) * rowBytes);
      }
      const x = rows + <usize>(from - top) * rowBytes;
      const y = <usize>(image * outHeight + row) * <usize>outWidth * pitch + channel;
      if (spread) {
        for (let odd = 0; odd < min(2, outWidth); odd++) {
          const skippedColumn = (odd - padding) & 1;
          const column = ((odd - padding + skippedColumn) >> 1) + left;
          const columnTaps = (size - skippedColumn + 1) >> 1;
          const count = (outWidth - odd + 1) >> 1;
          const tap = skipped * size + skippedColumn;
          const rowStep = 2 * size - 2 * columnTaps;
          for (let q = 0; q < count; q += TILE) {
            const at = x + <usize>(column + q) * PIXEL;
            const out = line + <usize>q * PIXEL;
            tiles(at, rowBytes, weights, tap, taps, columnTaps, 2, rowStep, size * size, zeros, bytes, 1, out);
          }
          const to = args.target + y + <usize>odd * pitch;
          emit_depthwise_pixels(line, count, bytes, to, pitch << 1, zeros, 0, 0);
        }
      } else {
        for (let q = 0; q < outWidth; q += TILE) {
          const at = x + <usize>(q * stride) * PIXEL;
          const out = line + <usize>q * PIXEL;
          tiles(at, rowBytes, weights, 0, size, size, 1, 0, size * size, zeros, bytes, stride, out);
        }
        const residual = args.residual != 0 ? args.residual + y : 0;
        emit_depthwise_pixels(line, outWidth, bytes, args.target + y, pitch, bias, residual, args.activation);
      }
    }
  }
  store<u32>(scratch, sum);
}

/** ⌊n/2⌋, of negative numbers too. */
// @ts-ignore: decorator
@inline
function floorHalf(n: i32): i32 {
  return n >> 1;
}

/** A tile of all `bytes` of a block: pairs of vectors where the build has them, the rest by one. `tap` is the first of the filter. */
// @ts-ignore: decorator
@inline
function tiles(
  x: usize,
  rowBytes: usize,
  weights: usize,
  tap: i32,
  rows: i32,
  taps: i32,
  tapStep: i32,
  rowStep: i32,
  all: i32,
  zeros: usize,
  bytes: usize,
  stride: i32,
  out: usize,
): void {
  const paired: usize = WIDE ? bytes & ~31 : 0;
  if (WIDE && paired > 0) {
    const w = weights + (<usize>tap << 5);
    if (stride == 1) {
      depthwise_large_tile_wide(x, rowBytes, w, rows, taps, tapStep, rowStep, all, zeros, 0, paired, out);
    } else depthwise_large_tile_2_wide(x, rowBytes, w, rows, taps, tapStep, rowStep, all, zeros, 0, paired, out);
  }
  if (paired < bytes) {
    const w = weights + paired * <usize>all + (<usize>tap << 4);
    if (stride == 1) {
      depthwise_large_tile(x, rowBytes, w, rows, taps, tapStep, rowStep, all, zeros, paired, bytes, out);
    } else depthwise_large_tile_2(x, rowBytes, w, rows, taps, tapStep, rowStep, all, zeros, paired, bytes, out);
  }
}
