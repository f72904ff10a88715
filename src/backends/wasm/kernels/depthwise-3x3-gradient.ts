import { fetch_bytes, make_room } from './fetch';
import { address, word } from './simd';
import { depthwise_gradient_row, depthwise_row, depthwise_row_between, depthwise_scratch } from './depthwise-rows';

/**
 * Backward-weight of a depthwise 3×3 convolution with padding 1 at stride 1 or 2, C a multiple of 4, straight from N×H×W×C.
 * A chunk is some rows of dy of all pictures, one after the other (depthwise-rows.ts). It has a partial gradient of its own,
 * [four channels][tap][4], or [eight channels][tap][8] where vectors go in pairs; `reduce_depthwise_gradient` adds up those of
 * all chunks.
 *
 * Arguments: 0 x, 1 dy, 2 partials, 3–5 H, W, C, 6–7 P, Q, 8 stride, 9 rows a chunk, 10 rows of all pictures,
 * 11 bytes of a chunk's partials.
 */
export function depthwise_3x3_gradient(args: usize, chunk: i32, table: usize): void {
  depthwise_gradient_chunk(args, chunk, table, 0, 0);
}

/**
 * The same, and backward-input with it, so that dy is read from memory once: what a row of dy gives of the weights' gradient,
 * then the rows of dx that stand where it does (one, or two at stride 2), which are of the next row of dy as well.
 *
 * Arguments: 0–11 as above, 12 dx, 13 weights of `pack_depthwise_weights`, flipped at stride 1.
 */
export function depthwise_3x3_gradients(args: usize, chunk: i32, table: usize): void {
  depthwise_gradient_chunk(args, chunk, table, address(args, 12), address(args, 13));
}

/** A chunk of both kernels; `dx` is 0 where it is not wanted. */
export function depthwise_gradient_chunk(args: usize, chunk: i32, table: usize, dx: usize, weights: usize): void {
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

  const pixel = <usize>channels << 2;
  const rowBytes = pixel * <usize>width;
  const dyRowBytes = pixel * <usize>outWidth;
  depthwise_scratch(table, -Infinity, channels);
  let sum: u32 = 0;
  for (let row = first; row < last; row++) {
    const image = row / outHeight;
    const r = row - image * outHeight;
    const centre = r * stride;
    const x = address(args, 0) + <usize>(image * height) * rowBytes;
    const dy = address(args, 1) + <usize>(image * outHeight) * dyRowBytes;
    // A picture's or a chunk's first row reads what the row before would have read otherwise.
    const fresh = row == first || r == 0;
    sum += fetch_rows(x, fresh ? centre - 1 : centre + 2 - stride, min(centre + 2, height), rowBytes);
    if (dx) sum += fetch_rows(dy, fresh ? r - 1 : r + 1, min(r + 2, outHeight), dyRowBytes);
    else sum += fetch_rows(dy, r, r + 1, dyRowBytes);
    const dyRow = dy + <usize>r * dyRowBytes;
    depthwise_gradient_row(table, x, height, width, channels, centre, stride, dyRow, outWidth, partial);
    if (dx) {
      const picture = dx + <usize>(image * height) * rowBytes;
      const end = min(centre + stride, height);
      for (let h = centre; h < end; h++) {
        const out = picture + <usize>h * rowBytes;
        make_room(out, rowBytes);
        if (stride == 1) depthwise_row(table, dy, outHeight, outWidth, channels, h, 1, weights, 0, out, width);
        else depthwise_row_between(table, dy, outHeight, outWidth, channels, h, weights, out, width);
      }
    }
  }
  store<u32>(table, sum);
}

/** Reads rows `from`, or 0 if that is negative, to `to` of a picture. */
// @ts-ignore: decorator
@inline
function fetch_rows(picture: usize, from: i32, to: i32, rowBytes: usize): u32 {
  const top = max(from, 0);
  return to > top ? fetch_bytes(picture + <usize>top * rowBytes, <usize>(to - top) * rowBytes) : 0;
}
