import { fetch_pixels } from './fetch';

/**
 * The transforms of Winograd's F(2×2, 3×3) (Lavin and Gray 2015, arXiv:1509.09308): a 3×3 convolution at stride 1 of a 4×4
 * tile d with weights g is Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, 16 products for 2×2 outputs instead of 36, with
 *
 *     Bᵀ = 1  0 −1  0     G = 1   0   0     Aᵀ = 1  1  1  0
 *          0  1  1  0         ½   ½   ½          0  1 −1 −1
 *          0 −1  1  0         ½  −½   ½
 *          0  1  0 −1         0   0   1
 *
 * Vectors are four channels; a place is one of the 16 elements of a transformed tile. Each function goes over `planes` of
 * four channels, which lie 16 bytes apart in a pixel and `planeBytes` apart among transformed tiles; places are `placeBytes`
 * apart. What is live fits the 15 registers that V8 has on x64.
 */

/** out ← Bᵀ d B, for the tile whose first pixel is at `from`. */
export function winograd_input(
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  const pixel2 = pixelBytes << 1;
  const pixel3 = pixel2 + pixelBytes;
  const place2 = placeBytes << 1;
  const place3 = place2 + placeBytes;
  const row1 = from + rowBytes;
  const row2 = row1 + rowBytes;
  const row3 = row2 + rowBytes;
  const end = <usize>planes << 4;
  for (let at: usize = 0; at < end; at += 16, out += planeBytes) {
    const a = row1 + at;
    const a0 = v128.load(a);
    const a1 = v128.load(a + pixelBytes);
    const a2 = v128.load(a + pixel2);
    const a3 = v128.load(a + pixel3);
    const b = row2 + at;
    const b0 = v128.load(b);
    const b1 = v128.load(b + pixelBytes);
    const b2 = v128.load(b + pixel2);
    const b3 = v128.load(b + pixel3);
    let t0 = f32x4.add(a0, b0);
    let t1 = f32x4.add(a1, b1);
    let t2 = f32x4.add(a2, b2);
    let t3 = f32x4.add(a3, b3);
    let to = out + (placeBytes << 2);
    v128.store(to, f32x4.sub(t0, t2));
    v128.store(to + placeBytes, f32x4.add(t1, t2));
    v128.store(to + place2, f32x4.sub(t2, t1));
    v128.store(to + place3, f32x4.sub(t1, t3));
    t0 = f32x4.sub(b0, a0);
    t1 = f32x4.sub(b1, a1);
    t2 = f32x4.sub(b2, a2);
    t3 = f32x4.sub(b3, a3);
    to = out + (placeBytes << 3);
    v128.store(to, f32x4.sub(t0, t2));
    v128.store(to + placeBytes, f32x4.add(t1, t2));
    v128.store(to + place2, f32x4.sub(t2, t1));
    v128.store(to + place3, f32x4.sub(t1, t3));
    const c = from + at;
    t0 = f32x4.sub(v128.load(c), b0);
    t1 = f32x4.sub(v128.load(c + pixelBytes), b1);
    t2 = f32x4.sub(v128.load(c + pixel2), b2);
    t3 = f32x4.sub(v128.load(c + pixel3), b3);
    v128.store(out, f32x4.sub(t0, t2));
    v128.store(out + placeBytes, f32x4.add(t1, t2));
    v128.store(out + place2, f32x4.sub(t2, t1));
    v128.store(out + place3, f32x4.sub(t1, t3));
    const d = row3 + at;
    t0 = f32x4.sub(a0, v128.load(d));
    t1 = f32x4.sub(a1, v128.load(d + pixelBytes));
    t2 = f32x4.sub(a2, v128.load(d + pixel2));
    t3 = f32x4.sub(a3, v128.load(d + pixel3));
    to = out + (placeBytes << 3) + (placeBytes << 2);
    v128.store(to, f32x4.sub(t0, t2));
    v128.store(to + placeBytes, f32x4.add(t1, t2));
    v128.store(to + place2, f32x4.sub(t2, t1));
    v128.store(to + place3, f32x4.sub(t1, t3));
  }
}

/**
 * Aᵀ m A + bias + residual, then ReLU, to the 2×2 pixels at `to`, of which `rows` × `columns` (1 or 2 each) are within the
 * picture. `bias` and `residual` are 0 where there is none.
 */
export function winograd_output(
  from: usize,
  planeBytes: usize,
  placeBytes: usize,
  planes: i32,
  to: usize,
  rowBytes: usize,
  pixelBytes: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  residual: usize,
  relu: i32,
): void {
  const place2 = placeBytes << 1;
  const place3 = place2 + placeBytes;
  const zero = f32x4.splat(0);
  const floor = relu ? zero : f32x4.splat(-Infinity);
  // A pixel beyond the border is written to the place of one within, before that one is.
  const right = columns > 1 ? pixelBytes : 0;
  const down = rows > 1 ? rowBytes : 0;
  for (const end = to + (<usize>planes << 4); to < end; to += 16, from += planeBytes) {
    let m1 = v128.load(from + placeBytes);
    let m2 = v128.load(from + place2);
    const offset = bias != 0 ? v128.load(bias) : zero;
    let y00 = f32x4.add(f32x4.add(offset, v128.load(from)), f32x4.add(m1, m2));
    let y01 = f32x4.add(f32x4.sub(offset, v128.load(from + place3)), f32x4.sub(m1, m2));
    let m = from + (placeBytes << 2);
    m1 = v128.load(m + placeBytes);
    m2 = v128.load(m + place2);
    let s0 = f32x4.add(v128.load(m), f32x4.add(m1, m2));
    let s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m + place3));
    y00 = f32x4.add(y00, s0);
    y01 = f32x4.add(y01, s1);
    let y10 = f32x4.add(offset, s0);
    let y11 = f32x4.add(offset, s1);
    m = from + (placeBytes << 3);
    m1 = v128.load(m + placeBytes);
    m2 = v128.load(m + place2);
    s0 = f32x4.add(v128.load(m), f32x4.add(m1, m2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m + place3));
    y00 = f32x4.add(y00, s0);
    y01 = f32x4.add(y01, s1);
    y10 = f32x4.sub(y10, s0);
    y11 = f32x4.sub(y11, s1);
    m += placeBytes << 2;
    m1 = v128.load(m + placeBytes);
    m2 = v128.load(m + place2);
    s0 = f32x4.add(v128.load(m), f32x4.add(m1, m2));
    s1 = f32x4.sub(f32x4.sub(m1, m2), v128.load(m + place3));
    y10 = f32x4.sub(y10, s0);
    y11 = f32x4.sub(y11, s1);
    if (residual != 0) {
      y00 = f32x4.add(y00, v128.load(residual));
      y01 = f32x4.add(y01, v128.load(residual + right));
      y10 = f32x4.add(y10, v128.load(residual + down));
      y11 = f32x4.add(y11, v128.load(residual + down + right));
      residual += 16;
    }
    v128.store(to + down + right, f32x4.pmax(y11, floor));
    v128.store(to + down, f32x4.pmax(y10, floor));
    v128.store(to + right, f32x4.pmax(y01, floor));
    v128.store(to, f32x4.pmax(y00, floor));
    if (bias != 0) bias += 16;
  }
}

/** out ← A y Aᵀ: 2×2 gradients of outputs, the first at `from`, as 16 places. Transposed `winograd_output`. */
export function winograd_spread(
  from: usize,
  rowBytes: usize,
  pixelBytes: usize,
  planes: i32,
  out: usize,
  planeBytes: usize,
  placeBytes: usize,
): void {
  for (const end = from + (<usize>planes << 4); from < end; from += 16, out += planeBytes) {
    const a = v128.load(from);
    const b = v128.load(from + pixelBytes);
    const c = v128.load(from + rowBytes);
    const d = v128.load(from + rowBytes + pixelBytes);
    const row = placeBytes << 2;
    storeSpread(out, placeBytes, a, b);
    storeSpread(out + row, placeBytes, f32x4.add(a, c), f32x4.add(b, d));
    storeSpread(out + (row << 1), placeBytes, f32x4.sub(a, c), f32x4.sub(b, d));
    storeSpread(out + (row << 1) + row, placeBytes, f32x4.neg(c), f32x4.neg(d));
  }
}

/** One row of A y Aᵀ. */
// @ts-ignore: decorator
@inline
function storeSpread(to: usize, placeBytes: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to + placeBytes, f32x4.add(a, b));
  v128.store(to + (placeBytes << 1), f32x4.sub(a, b));
  v128.store(to + (placeBytes << 1) + placeBytes, f32x4.neg(b));
}

/**
 * `winograd_input` of `count` tiles from `tile` on, counted through all pictures: `channels` of them from the address
 * `source` on. `border` has room for 16 pixels of so many channels, in which tiles that reach beyond the picture are put
 * together.
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
  const bytes = <usize>channels << 2;
  const planes = channels >> 2;
  for (const end = tile + count; tile < end; tile++, out += 16) {
    const image = tile / tilesPerImage;
    const place = tile - image * tilesPerImage;
    const row = ((place / tileColumns) << 1) - padH;
    const column = ((place % tileColumns) << 1) - padW;
    const picture = source + <usize>(image * height) * rowBytes;
    if (row >= 0 && row + 4 <= height && column >= 0 && column + 4 <= width) {
      const from = picture + <usize>row * rowBytes + <usize>column * pixelBytes;
      winograd_input(from, rowBytes, pixelBytes, planes, out, planeBytes, placeBytes);
    } else {
      winograd_gather(picture, height, width, pixelBytes, row, column, 4, 4, channels, border);
      winograd_input(border, bytes << 2, bytes, planes, out, planeBytes, placeBytes);
    }
  }
}

/**
 * Copies the `height`×`width` pixels whose first is (row, column) of a picture of H×W to `to`, packed, `channels` (a
 * multiple of 4) of each, zeros for those beyond its borders. `image` is the first wanted channel of its pixel (0, 0).
 */
export function winograd_gather(
  image: usize,
  imageHeight: i32,
  imageWidth: i32,
  pixelBytes: usize,
  row: i32,
  column: i32,
  height: i32,
  width: i32,
  channels: i32,
  to: usize,
): void {
  const bytes = <usize>channels << 2;
  const zero = f32x4.splat(0);
  for (let r = row; r < row + height; r++) {
    for (let s = column; s < column + width; s++) {
      const end = to + bytes;
      if (r >= 0 && r < imageHeight && s >= 0 && s < imageWidth) {
        let from = image + <usize>(r * imageWidth + s) * pixelBytes;
        for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
      } else {
        for (; to < end; to += 16) v128.store(to, zero);
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
