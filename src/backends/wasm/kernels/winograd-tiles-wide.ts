import {
  winograd_input_border_wide,
  winograd_input_wide,
  winograd_output_wide,
  winograd_spread_wide,
} from './winograd-transform-wide';

/**
 * `winograd_inputs` for planes of eight channels, `planeBytes` each. `border` has room for the addresses of 16 pixels and a pixel
 * of zeros, which stands for those beyond the picture.
 */
export function winograd_inputs_wide(
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
  const planes = channels >> 3;
  const zeros = border + 64;
  memory.fill(zeros, 0, <usize>channels << 2);
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  const endColumn = (tileColumns << 1) - padW;
  const endRow = ((tilesPerImage / tileColumns) << 1) - padH;
  let row = ((place / tileColumns) << 1) - padH;
  let column = ((place % tileColumns) << 1) - padW;
  let picture = source + <usize>image * pictureBytes;
  for (const end = out + (<usize>count << 5); out < end; out += 32) {
    const from = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    if (row >= 0 && row + 4 <= height && column >= 0 && column + 4 <= width) {
      winograd_input_wide(from, rowBytes, pixelBytes, planes, out, planeBytes, placeBytes);
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
      winograd_input_border_wide(border, planes, out, planeBytes, placeBytes);
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

/** `winograd_spread` of `count` tiles from `tile` on for planes of eight channels; `zeros` has room for a pixel of them. */
export function winograd_spreads_wide(
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
  const planes = channels >> 3;
  memory.fill(zeros, 0, <usize>channels << 2);
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  let row = (place / tileColumns) << 1;
  let column = (place % tileColumns) << 1;
  let picture = source + <usize>(image * height) * rowBytes;
  for (const end = out + (<usize>count << 5); out < end; out += 32) {
    const from = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    const right = column + 1 < width;
    const down = row + 1 < height;
    winograd_spread_wide(
      from,
      right ? from + pixelBytes : zeros,
      down ? from + rowBytes : zeros,
      right && down ? from + rowBytes + pixelBytes : zeros,
      planes,
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

/** `winograd_output_wide` of `count` tiles from `tile` on; `residual` is that of the first pixel of `target`, or 0. */
export function winograd_outputs_wide(
  products: usize,
  planeBytes: usize,
  placeBytes: usize,
  planes: i32,
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
  relu: i32,
): void {
  const rowBytes = pixelBytes * <usize>width;
  const image = tile / tilesPerImage;
  const place = tile - image * tilesPerImage;
  let row = (place / tileColumns) << 1;
  let column = (place % tileColumns) << 1;
  let picture = <usize>(image * height) * rowBytes;
  for (const end = products + (<usize>count << 5); products < end; products += 32) {
    const at = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
    winograd_output_wide(
      products,
      planeBytes,
      placeBytes,
      planes,
      target + at,
      rowBytes,
      pixelBytes,
      height - row,
      width - column,
      bias,
      residual == 0 ? 0 : residual + at,
      relu,
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
