import { Activation, Depthwise3x3Args } from './args.generated';
import { inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { LINEAGE } from './simd';
import { depthwise_columns, depthwise_scratch, depthwise_spread } from './depthwise-pieces';
import { TILE } from './depthwise-tiles';
import { fetch_rows, make_room } from './fetch';
import { finish } from './finish';

/**
 * Depthwise 3×3 convolution with padding 1 at stride 1 or 2, straight from and to N×H×W×C, C a multiple of 4: what the
 * networks that are built of such layers use, where `grouped_conv`'s packing would take longer than the sums.
 *
 * A chunk is some rows of one picture. Few of them are read at a time, and done tile by tile: the rows of x that a row shares with
 * the next one are then in the first-level cache.
 *
 * Bound by memory up to 256 channels, by arithmetic and the second-level cache from 512 on (docs/performance.md). MobileNetV1's layers at
 * batch 8 on one thread take 5.2 ms in 256 bits and 6.9 in 128; PyTorch's take 4.3 (docs/LOG.md).
 */
export function depthwise_3x3(args: Depthwise3x3Args, chunk: i32, table: usize): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const stride = args.stride;
  const transposed = args.transposed;
  const rowsPerChunk = args.rowsPerChunk;
  const rowChunks = args.rowChunks;
  const together = args.rowsTogether;
  const image = chunk / rowChunks;
  const first = (chunk % rowChunks) * rowsPerChunk;
  const last = min(first + rowsPerChunk, outHeight);

  const residual = args.residual;
  const activation = args.activation;
  const bias = args.bias;
  const weights = args.weights;
  const pixel = <usize>channels << 2;
  const sourceRow = pixel * <usize>width;
  const targetRow = pixel * <usize>outWidth;
  const source = args.source + <usize>(image * height) * sourceRow;
  const target = args.target + <usize>(image * outHeight) * targetRow;
  depthwise_scratch(table, residual == 0 ? inTile(activation) : Activation.none, channels);

  let sum: u32 = 0;
  if (transposed && stride == 2) {
    // Rows of dx are of half as many rows of dy.
    sum = fetch_rows(source, first >> 1, min((last >> 1) + 1, height), sourceRow);
    make_room(target + <usize>first * targetRow, <usize>(last - first) * targetRow);
    for (let row = first; row < last; row++) {
      const out = target + <usize>row * targetRow;
      depthwise_spread(table, source, height, width, channels, row, weights, out, outWidth);
    }
  } else {
    for (let row = first; row < last; row += together) {
      const end = min(row + together, last);
      // What the rows before have not read.
      const top = row == first ? row * stride - 1 : (row - 1) * stride + 2;
      sum += fetch_rows(source, top, min((end - 1) * stride + 2, height), sourceRow);
      const begin = target + <usize>row * targetRow;
      const bytes = <usize>(end - row) * targetRow;
      make_room(begin, bytes);
      for (let tile = 0; tile < outWidth; tile += TILE) {
        let out = begin;
        for (let r = row; r < end; r++, out += targetRow) {
          const centre = r * stride;
          depthwise_columns(table, source, height, width, channels, centre, stride, weights, bias, out, outWidth, tile);
        }
      }
      if (residual) finish(begin, 1, <i32>(bytes >> 2), 0, 0, residual + (begin - args.target), activation);
      else if (LINEAGE && isLater(activation)) activate_rows(begin, 1, <i32>(bytes >> 2), bytes, activation);
    }
  }
  store<u32>(table, sum);
}
