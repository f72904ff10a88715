import { address, word } from './simd';
import { depthwise_row, depthwise_row_between, depthwise_scratch } from './depthwise-rows';
import { fetch_bytes, make_room } from './fetch';
import { finish } from './finish';

/**
 * Depthwise 3×3 convolution with padding 1 at stride 1 or 2, straight from and to N×H×W×C, C a multiple of 4: what the
 * networks that are built of such layers use, where `grouped_conv`'s packing would take longer than the sums.
 *
 * A chunk is some rows of one picture, one after the other (depthwise-rows.ts).
 *
 * Arguments: 0 source, 1 target, 2 weights of `pack_depthwise_weights`, 3 bias or 0, 4 residual or 0, 5 relu, 6–8 source H,
 * W, C, 9–10 target H, W, 11 stride, 12 transposed: backward-input, 13 rows a chunk, 14 row chunks a picture.
 */
export function depthwise_3x3(args: usize, chunk: i32, table: usize): void {
  const height = word(args, 6);
  const width = word(args, 7);
  const channels = word(args, 8);
  const outHeight = word(args, 9);
  const outWidth = word(args, 10);
  const stride = word(args, 11);
  const transposed = word(args, 12);
  const rowsPerChunk = word(args, 13);
  const rowChunks = word(args, 14);
  const image = chunk / rowChunks;
  const first = (chunk % rowChunks) * rowsPerChunk;
  const last = min(first + rowsPerChunk, outHeight);

  const residual = address(args, 4);
  const relu = word(args, 5);
  const bias = address(args, 3);
  const weights = address(args, 2);
  const pixel = <usize>channels << 2;
  const sourceRow = pixel * <usize>width;
  const targetRow = pixel * <usize>outWidth;
  const source = address(args, 0) + <usize>(image * height) * sourceRow;
  const target = address(args, 1) + <usize>(image * outHeight) * targetRow;
  depthwise_scratch(table, relu && residual == 0 ? 0 : -Infinity, channels);

  // Rows of dx at stride 2 are of half as many rows of dy.
  const shrinks = transposed && stride == 2;
  let sum: u32 = 0;
  if (shrinks) {
    const top = first >> 1;
    const bottom = min((last >> 1) + 1, height);
    sum = fetch_bytes(source + <usize>top * sourceRow, <usize>(bottom - top) * sourceRow);
    make_room(target + <usize>first * targetRow, <usize>(last - first) * targetRow);
    for (let row = first; row < last; row++) {
      const out = target + <usize>row * targetRow;
      depthwise_row_between(table, source, height, width, channels, row, weights, out, outWidth);
    }
  } else {
    const top = max(first * stride - 1, 0);
    const bottom = min(first * stride + 2, height);
    sum = fetch_bytes(source + <usize>top * sourceRow, <usize>(bottom - top) * sourceRow);
    make_room(target + <usize>first * targetRow, targetRow);
    for (let row = first; row < last; row++) {
      const out = target + <usize>row * targetRow;
      if (row + 1 < last) {
        // What the next row reads and writes for the first time.
        const unread = row * stride + 2;
        const fresh = min(stride, height - unread);
        if (fresh > 0) sum += fetch_bytes(source + <usize>unread * sourceRow, <usize>fresh * sourceRow);
        make_room(out + targetRow, targetRow);
      }
      depthwise_row(table, source, height, width, channels, row * stride, stride, weights, bias, out, outWidth);
      if (residual) {
        const beside = residual + (out - address(args, 1));
        finish(out, 1, outWidth * channels, 0, 0, beside, relu);
      }
    }
  }
  store<u32>(table, sum);
}
