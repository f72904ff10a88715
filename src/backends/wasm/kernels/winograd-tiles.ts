import { fetch_pixels } from './fetch';
import { VECTOR } from './simd';
import { winograd_input, winograd_input_border, winograd_output, winograd_spread } from './winograd-transform';

/**
 * The transforms of winograd-transform.ts for a row of tiles: `count` from `tile` on, counted through all pictures, of
 * `tileColumns` a row and `tilesPerImage`. Bound by what they call, since they walk without a division a tile and read
 * borders through addresses instead of copying them; half of the tiles of 14² are at a border (docs/LOG.md). The walks are twins:
 * row, column and picture are locals, which no helper could move on for all of them.
 */

/**
 * `winograd_input` of each tile: of `channels` from the address `source` on. `border` has room for the addresses of 16 pixels
 * and a pixel of zeros, which stands for those beyond the picture.
 *
 * @widen
 */
export function winograd_inputs(
  source: usize,
  height: i32,
  width: i32,
  pixelBytes: usize,
  channels: i32,
  tile: i32,
  count: i32,
  tileColumns: i32,
  tilesPerImage: i32,
  padH: i32,
  padW: i32,
  border: usize,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const rowBytes = pixelBytes * <usize>width;
  const pictureBytes = rowBytes * <usize>height;
  const zeros = border + 64;
  memory.fill(zeros, 0, <usize>channels << 2);
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  const endColumn = (tileColumns << 1) - padW;
  const endRow = ((tilesPerImage / tileColumns) << 1) - padH;
  let row = ((place / tileColumns) << 1) - padH;
  let column = ((place % tileColumns) << 1) - padW;
  let picture = source + <usize>image * pictureBytes;
  for (const end = out + <usize>count * VECTOR; out < end; out += VECTOR) {
    const from = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    if (row >= 0 && row + 4 <= height && column >= 0 && column + 4 <= width) {
      winograd_input(from, rowBytes, pixelBytes, channels, out, planeBytes, placeBytes);
    } else {
      let entry = border;
      let first = from;
      for (let r = row; r < row + 4; r++, first += rowBytes) {
        const within = <u32>r < <u32>height;
        let at = first;
        for (let s = column; s < column + 4; s++, at += pixelBytes, entry += 4) {
          store<u32>(entry, <u32>select(at, zeros, within && <u32>s < <u32>width));
        }
      }
      winograd_input_border(border, channels, out, planeBytes, placeBytes);
    }
    column += 2;
    if (column == endColumn) {
      column = -padW;
      row += 2;
      if (row == endRow) {
        row = -padH;
        picture += pictureBytes;
      }
    }
  }
}

/**
 * `winograd_spread` of each tile; `zeros` has room for a pixel of them.
 *
 * @widen
 */
export function winograd_spreads(
  source: usize,
  height: i32,
  width: i32,
  pixelBytes: usize,
  channels: i32,
  tile: i32,
  count: i32,
  tileColumns: i32,
  tilesPerImage: i32,
  zeros: usize,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const rowBytes = pixelBytes * <usize>width;
  memory.fill(zeros, 0, <usize>channels << 2);
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  let row = (place / tileColumns) << 1;
  let column = (place % tileColumns) << 1;
  let picture = source + <usize>(image * height) * rowBytes;
  for (const end = out + <usize>count * VECTOR; out < end; out += VECTOR) {
    const from = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    const right = column + 1 < width;
    const down = row + 1 < height;
    winograd_spread(
      from,
      right ? from + pixelBytes : zeros,
      down ? from + rowBytes : zeros,
      right && down ? from + rowBytes + pixelBytes : zeros,
      channels,
      out,
      planeBytes,
      placeBytes,
    );
    column += 2;
    if (column >= width) {
      column = 0;
      row += 2;
      if (row >= height) {
        row = 0;
        picture += rowBytes * <usize>height;
      }
    }
  }
}

/**
 * `winograd_output` of each tile; `residual` is that of the first pixel of `target`, or 0.
 *
 * @widen
 */
export function winograd_outputs(
  products: usize,
  planeBytes: usize,
  placeBytes: usize,
  channels: i32,
  target: usize,
  height: i32,
  width: i32,
  pixelBytes: usize,
  tile: i32,
  count: i32,
  tileColumns: i32,
  tilesPerImage: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const rowBytes = pixelBytes * <usize>width;
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  let row = (place / tileColumns) << 1;
  let column = (place % tileColumns) << 1;
  let picture = <usize>(image * height) * rowBytes;
  for (const end = products + <usize>count * VECTOR; products < end; products += VECTOR) {
    const at = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    winograd_output(
      products,
      planeBytes,
      placeBytes,
      channels,
      target + at,
      rowBytes,
      pixelBytes,
      height - row,
      width - column,
      bias,
      residual == 0 ? 0 : residual + at,
      activation,
    );
    column += 2;
    if (column >= width) {
      column = 0;
      row += 2;
      if (row >= height) {
        row = 0;
        picture += rowBytes * <usize>height;
      }
    }
  }
}

/**
 * Has channels `first` to `last` of what `count` tiles from `tile` on will need fetched (fetch.ts). A tile takes `rows` rows from
 * 2·tile row + `top` on. Gives a sum that the caller must store.
 */
export function fetch_tiles(
  base: usize,
  height: i32,
  width: i32,
  channels: i32,
  first: i32,
  last: i32,
  tile: i32,
  count: i32,
  tileColumns: i32,
  tilesPerImage: i32,
  top: i32,
  rows: i32,
): u32 {
  let sum: u32 = 0;
  const end = tile + count;
  while (tile < end) {
    const image = tile / tilesPerImage;
    const next = (image + 1) * tilesPerImage;
    const firstRow = (tile - image * tilesPerImage) / tileColumns;
    const lastRow = (min(end, next) - 1 - image * tilesPerImage) / tileColumns;
    const from = image * height + max((firstRow << 1) + top, 0);
    const to = image * height + min((lastRow << 1) + top + rows, height);
    sum += fetch_pixels(base, from * width, to * width, channels, first, last);
    tile = next;
  }
  return sum;
}
