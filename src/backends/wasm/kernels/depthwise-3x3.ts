import { address, madd, WIDE, word } from './simd';
import { depthwise_table, depthwise_tile, depthwise_tile_2, TABLE, TILE } from './depthwise-tiles';
import { depthwise_spread_row_wide, depthwise_tile_2_wide, depthwise_tile_wide } from './depthwise-tiles-wide';
import { fetch_bytes, make_room } from './fetch';
import { finish } from './finish';

/**
 * Depthwise 3×3 convolution with padding 1 at stride 1 or 2, straight from and to N×H×W×C, C a multiple of 4: what the
 * networks that are built of such layers use, where `grouped_conv`'s packing would take longer than the sums.
 *
 * A chunk is some rows of one picture, done in the register tiles of depthwise-tiles.ts; the last tile of a row begins so much
 * earlier that it ends with the row.
 *
 * Arguments: 0 source, 1 target, 2 weights of `pack_depthwise_weights`, 3 bias or 0, 4 residual or 0, 5 relu, 6–8 source H,
 * W, C, 9–10 target H, W, 11 stride, 12 transposed: backward-input, 13 rows a chunk, 14 row chunks a picture.
 */
export function depthwise_3x3(args: usize, chunk: i32, scratch: usize): void {
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
  // Channels that go in pairs of vectors, and the weights of those left.
  const paired = WIDE ? channels & ~7 : 0;
  const rest = weights + <usize>(paired * 9 * 4);
  const pixel = <usize>channels << 2;
  const sourceRow = pixel * <usize>width;
  const targetRow = pixel * <usize>outWidth;
  const source = address(args, 0) + <usize>(image * height) * sourceRow;
  const target = address(args, 1) + <usize>(image * outHeight) * targetRow;
  const table = scratch;
  const floor = table + TABLE;
  const zeros = floor + 16;
  v128.store(floor, relu && residual == 0 ? f32x4.splat(0) : f32x4.splat(-Infinity));
  memory.fill(zeros, 0, pixel);

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
      // Row h of dx is of row (h + 1 − r) / 2 of dy for r = 0 and 2 if h is odd, for r = 1 if it is even.
      const near = source + <usize>(row >> 1) * sourceRow;
      const odd = row & 1;
      const below = odd && (row >> 1) + 1 < height;
      const far = below ? near + sourceRow : zeros;
      const step = below ? pixel : 0;
      const tap = odd ? 6 : 3;
      const farTap = odd ? 0 : 3;
      if (WIDE) {
        const w0 = weights + (<usize>tap << 5);
        const w1 = weights + (<usize>farTap << 5);
        depthwise_spread_row_wide(near, far, pixel, step, w0, w1, paired, out, width, outWidth);
      }
      if (paired < channels) {
        const at = <usize>paired << 2;
        const w0 = rest + (<usize>tap << 4);
        const w1 = rest + (<usize>farTap << 4);
        const to = out + at;
        depthwise_spread_row(near + at, below ? far + at : far, pixel, step, w0, w1, channels - paired, to, width, outWidth);
      }
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
      for (let tile = 0; tile < outWidth; tile += TILE) {
        const column = min(tile, outWidth - TILE);
        const to = out + <usize>column * pixel;
        depthwise_table(table, source, height, width, pixel, row * stride, column, stride, zeros);
        if (WIDE) {
          if (stride == 1) depthwise_tile_wide(table, weights, bias, floor, paired, to, pixel);
          else depthwise_tile_2_wide(table, weights, bias, floor, paired, to, pixel);
        }
        if (paired < channels) {
          if (stride == 1) depthwise_tile(table, rest, bias, floor, paired, channels, to, pixel);
          else depthwise_tile_2(table, rest, bias, floor, paired, channels, to, pixel);
        }
      }
      if (residual) {
        const beside = residual + (out - address(args, 1));
        finish(out, 1, outWidth * channels, 0, 0, beside, relu);
      }
    }
  }
  store<u32>(table, sum);
}

/**
 * One row of dx at stride 2, of one or two rows of dy: column 2q is of column q by the middle weights, 2q + 1 of q by the
 * right ones and of q + 1 by the left ones. The second row may be zeros with a step of 0. `s0` is the size of a pixel.
 */
export function depthwise_spread_row(
  d0: usize,
  d1: usize,
  s0: usize,
  s1: usize,
  w0: usize,
  w1: usize,
  channels: i32,
  out: usize,
  width: i32,
  outWidth: i32,
): void {
  for (let c = 0; c < channels; c += 4) {
    const w00 = v128.load(w0);
    const w01 = v128.load(w0, 16);
    const w02 = v128.load(w0, 32);
    const w10 = v128.load(w1);
    const w11 = v128.load(w1, 16);
    const w12 = v128.load(w1, 32);
    let a = v128.load(d0);
    let b = v128.load(d1);
    let p0 = d0 + s0;
    let p1 = d1 + s1;
    let to = out;
    for (let q = 1; q < width; q++) {
      v128.store(to, madd(a, w01, f32x4.mul(b, w11)));
      let y = madd(a, w02, f32x4.mul(b, w12));
      a = v128.load(p0);
      b = v128.load(p1);
      y = madd(b, w10, madd(a, w00, y));
      v128.store(to + s0, y);
      p0 += s0;
      p1 += s1;
      to += s0 << 1;
    }
    v128.store(to, madd(a, w01, f32x4.mul(b, w11)));
    if (width << 1 == outWidth) v128.store(to + s0, madd(a, w02, f32x4.mul(b, w12)));
    d0 += 16;
    d1 += s1 ? 16 : 0;
    out += 16;
    w0 += 144;
    w1 += 144;
  }
}
