import { Activation, Depthwise3x3GradientArgs, Depthwise3x3GradientsArgs } from './args.generated';
import { depthwise_columns, depthwise_gradient_columns, depthwise_scratch, depthwise_spread } from './depthwise-pieces';
import { TILE } from './depthwise-tiles';
import { fetch_rows, make_room } from './fetch';

/**
 * Backward-weight of a depthwise 3×3 convolution with padding 1 at stride 1 or 2, C a multiple of 4, straight from N×H×W×C.
 * A chunk is some rows of dy of all pictures; few are read at a time and done tile by tile, as in depthwise-3x3.ts. It has a
 * partial gradient of its own, [four channels][tap][4], or [eight channels][tap][8] where vectors go in pairs;
 * `reduce_depthwise_gradient` adds up those of all chunks.
 *
 * Bound as depthwise-3x3.ts is: by memory up to 256 channels. MobileNetV1's layers at batch 8 on one thread take 5.5 ms in 256 bits;
 * PyTorch's take 4.3. With dx in the same pass both gradients took 8.1 instead of 9.1 ms (docs/LOG.md).
 */
export function depthwise_3x3_gradient(args: Depthwise3x3GradientArgs, chunk: i32, table: usize): void {
  depthwise_gradient_chunk(args, chunk, table, 0, 0);
}

/**
 * The same, and backward-input with it, so that dy is read from memory once: after what rows of dy give of the weights' gradient
 * come the rows of dx that stand where they do, at stride 2 two for each. The last of them are of the next row of dy as well,
 * which may be another chunk's.
 */
export function depthwise_3x3_gradients(args: Depthwise3x3GradientsArgs, chunk: i32, table: usize): void {
  depthwise_gradient_chunk(args, chunk, table, args.dx, args.weights);
}

/** A chunk of either kernel; `dx` is 0 where it is not wanted. */
export function depthwise_gradient_chunk(args: Depthwise3x3GradientArgs, chunk: i32, table: usize, dx: usize, weights: usize): void {
  // The last rows first: what the step before came to last is still in a cache.
  chunk = (args.rows - 1) / args.rowsPerChunk - chunk;
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const stride = args.stride;
  const together = args.rowsTogether;
  const partial = args.partials + <usize>chunk * args.sliceBytes;
  memory.fill(partial, 0, <usize>channels * 36);

  const pixel = <usize>channels << 2;
  const rowBytes = pixel * <usize>width;
  const dyRowBytes = pixel * <usize>outWidth;
  depthwise_scratch(table, Activation.none, channels);
  let sum: u32 = 0;
  const first = chunk * args.rowsPerChunk;
  const last = min(first + args.rowsPerChunk, args.rows);
  for (let row = first; row < last; ) {
    // Rows `begin` to `end` of one picture.
    const image = row / outHeight;
    const begin = row - image * outHeight;
    const end = min(begin + min(together, last - row), outHeight);
    const x = args.x + <usize>(image * height) * rowBytes;
    const dy = args.dy + <usize>(image * outHeight) * dyRowBytes;
    const target = dx + <usize>(image * height) * rowBytes;
    // What the rows before have not read: those of the same chunk and picture.
    const fresh = row == first || begin == 0;
    const top = begin * stride;
    sum += fetch_rows(x, fresh ? top - 1 : top + 2 - stride, min((end - 1) * stride + 2, height), rowBytes);
    if (dx) sum += fetch_rows(dy, fresh ? begin - 1 : begin + 1, min(end + 1, outHeight), dyRowBytes);
    else sum += fetch_rows(dy, begin, end, dyRowBytes);
    const bottom = min(end * stride, height);
    if (dx) make_room(target + <usize>top * rowBytes, <usize>(bottom - top) * rowBytes);

    for (let tile = 0; tile < outWidth; tile += TILE) {
      for (let r = begin; r < end; r++) {
        const from = dy + <usize>r * dyRowBytes;
        depthwise_gradient_columns(table, x, height, width, channels, r * stride, stride, from, outWidth, partial, tile);
        if (dx && stride == 1) {
          const out = target + <usize>r * rowBytes;
          depthwise_columns(table, dy, height, width, channels, r, 1, weights, 0, out, width, tile);
        }
      }
    }
    if (dx && stride == 2) {
      for (let h = top; h < bottom; h++) {
        const out = target + <usize>h * rowBytes;
        depthwise_spread(table, dy, outHeight, outWidth, channels, h, weights, out, width);
      }
    }
    row += end - begin;
  }
  store<u32>(table, sum);
}
