import { fetch_bytes } from './fetch';
import { address, WIDE, word } from './simd';
import {
  depthwise_gradient_tile,
  depthwise_gradient_tile_2,
  depthwise_table,
  TABLE,
  TILE,
} from './depthwise-tiles';
import { depthwise_gradient_tile_2_wide, depthwise_gradient_tile_wide } from './depthwise-gradient-tiles-wide';

/**
 * Backward-weight of a depthwise 3×3 convolution with padding 1 at stride 1 or 2, C a multiple of 4, straight from N×H×W×C.
 * A chunk is some rows of dy of all pictures. Tiles of a row (depthwise-tiles.ts) add to the chunk's own partial gradient,
 * [four channels][tap][4], or [eight channels][tap][8] where vectors go in pairs; `reduce_depthwise_gradient` adds up those of all chunks.
 *
 * Arguments: 0 x, 1 dy, 2 partials, 3–5 H, W, C, 6–7 P, Q, 8 stride, 9 rows a chunk, 10 rows of all pictures,
 * 11 bytes of a chunk's partials.
 */
export function depthwise_3x3_gradient(args: usize, chunk: i32, scratch: usize): void {
  const height = word(args, 3);
  const width = word(args, 4);
  const channels = word(args, 5);
  const outHeight = word(args, 6);
  const outWidth = word(args, 7);
  const stride = word(args, 8);
  const first = chunk * word(args, 9);
  const last = min(first + word(args, 9), word(args, 10));
  const partial = address(args, 2) + <usize>chunk * address(args, 11);
  memory.fill(partial, 0, <usize>channels * 36);
  // Channels that go in pairs of vectors, and the partial of those left.
  const paired = WIDE ? channels & ~7 : 0;
  const rest = partial + <usize>(paired * 9 * 4);

  const pixel = <usize>channels << 2;
  const rowBytes = pixel * <usize>width;
  const table = scratch;
  const zeros = table + TABLE;
  memory.fill(zeros, 0, pixel);
  for (let row = first; row < last; row++) {
    const image = row / outHeight;
    const centre = (row - image * outHeight) * stride;
    const x = address(args, 0) + <usize>(image * height) * rowBytes;
    const dy = address(args, 1) + <usize>row * pixel * <usize>outWidth;
    // One row of dy, and the rows of x that come with it.
    const from = centre == 0 ? 0 : centre + 2 - stride;
    const sum =
      fetch_bytes(x + <usize>from * rowBytes, <usize>(min(centre + 2, height) - from) * rowBytes) +
      fetch_bytes(dy, pixel * <usize>outWidth);
    store<u32>(table, sum);
    for (let tile = 0; tile < outWidth; tile += TILE) {
      const column = min(tile, outWidth - TILE);
      const seven = dy + <usize>column * pixel;
      depthwise_table(table, x, height, width, pixel, centre, column, stride, zeros);
      const skip = tile - column;
      if (WIDE) {
        if (stride == 1) depthwise_gradient_tile_wide(table, seven, skip, paired, partial, pixel);
        else depthwise_gradient_tile_2_wide(table, seven, skip, paired, partial, pixel);
      }
      if (paired < channels) {
        if (stride == 1) depthwise_gradient_tile(table, seven, skip, paired, channels, rest, pixel);
        else depthwise_gradient_tile_2(table, seven, skip, paired, channels, rest, pixel);
      }
    }
  }
}
