import { DepthwiseLargeGradientArgs } from './args.generated';
import { pack_depthwise_row } from './depthwise-large-rows';
import {
  depthwise_large_gradient_tile,
  depthwise_large_gradient_tile_2,
  PIXEL,
  TILE,
} from './depthwise-large-tiles';
import {
  depthwise_large_gradient_tile_2_wide,
  depthwise_large_gradient_tile_wide,
} from './depthwise-large-tiles-wide.generated';
import { fetch_bytes, fetch_rows } from './fetch';
import { WIDE } from './simd';

/**
 * Backward-weight of what `depthwise_large` convolves. A chunk is some rows of dy, of all pictures, and some blocks of sixteen channels,
 * with a partial gradient of its own (`reduce_depthwise_gradient` adds up those of all rows). Rows of x are packed when they are first
 * needed; where the room for them ends, the last ones move to its beginning. What a chunk with all channels reads is read from memory as it
 * lies first.
 */
export function depthwise_large_gradient(args: DepthwiseLargeGradientArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const size = args.size;
  const stride = args.stride;
  const padding = args.padding;
  const blockChunk = chunk % args.blockChunks;
  const slice = chunk / args.blockChunks;
  const first = slice * args.rowsPerChunk;
  const last = min(first + args.rowsPerChunk, args.rows);

  const pitch = <usize>channels << 2;
  const columns = args.columns;
  const rowBytes = <usize>columns * PIXEL;
  const dyColumns = ((outWidth + TILE - 1) / TILE) * TILE;
  const dyRow = scratch;
  const rows = dyRow + <usize>dyColumns * PIXEL;
  const room = args.roomRows;
  let sum: u32 = 0;
  if (args.blockChunks == 1) {
    const begin = (first / outHeight) * height + (first % outHeight) * stride - padding;
    const end = ((last - 1) / outHeight) * height + ((last - 1) % outHeight) * stride - padding + size;
    sum = fetch_rows(args.x, begin, min(end, (args.rows / outHeight) * height), pitch * <usize>width);
    const dyPitch = pitch * <usize>outWidth;
    sum += fetch_bytes(args.dy + <usize>first * dyPitch, <usize>(last - first) * dyPitch);
  }
  const endBlock = min((blockChunk + 1) * args.blocksPerChunk, (channels + 15) >> 4);
  for (let block = blockChunk * args.blocksPerChunk; block < endBlock; block++) {
    const channel = <usize>block << 6;
    const bytes = min(PIXEL, pitch - channel);
    const partial = args.partials + <usize>slice * args.sliceBytes + channel * <usize>(size * size);
    memory.fill(partial, 0, bytes * <usize>(size * size));
    // Row `top` of the picture is the first of the room; rows up to `packed` are there.
    let top = 0;
    let packed = 0;
    for (let line = first; line < last; line++) {
      const image = line / outHeight;
      const row = line - image * outHeight;
      const from = row * stride - padding;
      if (line == first || row == 0) {
        top = from;
        packed = from;
      } else if (from + size - top > room) {
        if (packed > from) {
          memory.copy(rows, rows + <usize>(from - top) * rowBytes, <usize>(packed - from) * rowBytes);
        } else packed = from;
        top = from;
      }
      const picture = args.x + <usize>(image * height * width) * pitch + channel;
      for (; packed < from + size; packed++) {
        const at = packed >= 0 && packed < height ? picture + <usize>(packed * width) * pitch : 0;
        pack_depthwise_row(at, pitch, width, bytes, padding, columns, rows + <usize>(packed - top) * rowBytes);
      }
      const dy = args.dy + <usize>(line * outWidth) * pitch + channel;
      pack_depthwise_row(dy, pitch, outWidth, bytes, 0, dyColumns, dyRow);
      const x = rows + <usize>(from - top) * rowBytes;
      for (let q = 0; q < outWidth; q += TILE) {
        const at = x + <usize>(q * stride) * PIXEL;
        gradientTiles(at, rowBytes, dyRow + <usize>q * PIXEL, size, bytes, stride, partial);
      }
    }
  }
  store<u32>(scratch, sum);
}

/** A tile of all `bytes` of a block, as in depthwise-large.ts. */
// @ts-ignore: decorator
@inline
function gradientTiles(
  x: usize,
  rowBytes: usize,
  dy: usize,
  size: i32,
  bytes: usize,
  stride: i32,
  out: usize,
): void {
  const paired: usize = WIDE ? bytes & ~31 : 0;
  if (WIDE && paired > 0) {
    if (stride == 1) depthwise_large_gradient_tile_wide(x, rowBytes, dy, size, 0, paired, out);
    else depthwise_large_gradient_tile_2_wide(x, rowBytes, dy, size, 0, paired, out);
  }
  if (paired < bytes) {
    const rest = out + paired * <usize>(size * size);
    if (stride == 1) depthwise_large_gradient_tile(x, rowBytes, dy, size, paired, bytes, rest);
    else depthwise_large_gradient_tile_2(x, rowBytes, dy, size, paired, bytes, rest);
  }
}
