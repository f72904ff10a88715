import {
  PictureApplyArgs,
  PictureBackwardApplyArgs,
  PictureMomentsArgs,
  PictureSumsArgs,
} from './args.generated';
import { addDeviations, addRow, loadLanes, storeLanes } from './rows';
import { madd } from './simd';

/*
 * What norms have in common whose statistics are each picture's own (`group-norm.ts`, `global-response-norm.ts`): sums over the pixels of
 * a picture for each channel, and passes that scale and shift a picture's channels. Bound by memory; forward passes through it three
 * times, backward five times, as batch norm does.
 */

/** Σd and Σd² of a tile of rows × channels of a picture, d = x − shift; the shift is the mean of the tile's first quarter, or 0. */
export function picture_moments(args: PictureMomentsArgs, chunk: i32): void {
  const channels = args.channels;
  const channelTiles = args.channelTiles;
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const image = rowTile / args.rowTiles;
  const begin = (rowTile % args.rowTiles) * args.rowsPerTile;
  const rows = min(args.rowsPerTile, args.rows - begin);
  const pitch = <usize>channels << 2;
  const x = args.x + <usize>(image * args.rows + begin) * pitch + (<usize>first << 2);
  const shift = args.partials + <usize>rowTile * 3 * pitch + (<usize>first << 2);
  const sums = shift + pitch;
  const squares = sums + pitch;
  const bytes = <usize>width << 2;
  memory.fill(shift, 0, bytes);
  memory.fill(sums, 0, bytes);
  memory.fill(squares, 0, bytes);
  if (args.centred) {
    const some = (rows + 3) >> 2;
    addRow(x, pitch, some, width, shift);
    const scale: f32 = 1 / <f32>some;
    for (let c: usize = 0; c < bytes; c += 4) store<f32>(shift + c, load<f32>(shift + c) * scale);
  }
  addDeviations(x, pitch, rows, width, shift, sums, squares);
}

/** Σdy and Σdy·(x − mean) of a tile of rows × channels of a picture. */
export function picture_sums(args: PictureSumsArgs, chunk: i32): void {
  const channels = args.channels;
  const channelTiles = args.channelTiles;
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const image = rowTile / args.rowTiles;
  const begin = (rowTile % args.rowTiles) * args.rowsPerTile;
  const rows = min(args.rowsPerTile, args.rows - begin);
  const pitch = <usize>channels << 2;
  const from = <usize>(image * args.rows + begin) * pitch + (<usize>first << 2);
  const mean = args.mean + <usize>image * pitch + (<usize>first << 2);
  const sums = args.partials + <usize>rowTile * 2 * pitch + (<usize>first << 2);
  const products = sums + pitch;
  memory.fill(sums, 0, <usize>width << 2);
  memory.fill(products, 0, <usize>width << 2);
  let dy = args.dy + from;
  let x = args.x + from;
  const end = <usize>width << 2;
  const paired = end & ~31;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const a = v128.load(dy + c);
      const b = v128.load(dy + c, 16);
      const sa = f32x4.add(v128.load(sums + c), a);
      const sb = f32x4.add(v128.load(sums + c, 16), b);
      v128.store(sums + c, sb, 16);
      v128.store(sums + c, sa);
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const pa = madd(a, d, v128.load(products + c));
      const pb = madd(b, e, v128.load(products + c, 16));
      v128.store(products + c, pb, 16);
      v128.store(products + c, pa);
    }
    for (; c < end; c += 16) {
      const lanes = min(4, <i32>((end - c) >> 2));
      const a = loadLanes(dy + c, lanes);
      storeLanes(sums + c, f32x4.add(loadLanes(sums + c, lanes), a), lanes);
      const d = f32x4.sub(loadLanes(x + c, lanes), loadLanes(mean + c, lanes));
      storeLanes(products + c, madd(a, d, loadLanes(products + c, lanes)), lanes);
    }
    dy += pitch;
    x += pitch;
  }
}

/** y = scale·(x − mean) + shift. A chunk is some rows of a picture. */
export function picture_apply(args: PictureApplyArgs, chunk: i32): void {
  const channels = args.channels;
  const image = chunk / args.rowChunks;
  const begin = (chunk % args.rowChunks) * args.rowsPerChunk;
  const rows = min(args.rowsPerChunk, args.rows - begin);
  const pitch = <usize>channels << 2;
  const from = <usize>(image * args.rows + begin) * pitch;
  const mean = args.mean + <usize>image * pitch;
  const scale = args.scale + <usize>image * pitch;
  const shift = args.shift + <usize>image * pitch;
  const paired = pitch & ~31;
  let x = args.x + from;
  let y = args.y + from;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const u = madd(d, v128.load(scale + c), v128.load(shift + c));
      const v = madd(e, v128.load(scale + c, 16), v128.load(shift + c, 16));
      v128.store(y + c, v, 16);
      v128.store(y + c, u);
    }
    for (; c < pitch; c += 16) {
      const lanes = min(4, <i32>((pitch - c) >> 2));
      const d = f32x4.sub(loadLanes(x + c, lanes), loadLanes(mean + c, lanes));
      storeLanes(y + c, madd(d, loadLanes(scale + c, lanes), loadLanes(shift + c, lanes)), lanes);
    }
    x += pitch;
    y += pitch;
  }
}

/** dx = scale·dy + slope·(x − mean) + shift. A chunk is some rows of a picture. */
export function picture_backward_apply(args: PictureBackwardApplyArgs, chunk: i32): void {
  const channels = args.channels;
  const image = chunk / args.rowChunks;
  const begin = (chunk % args.rowChunks) * args.rowsPerChunk;
  const rows = min(args.rowsPerChunk, args.rows - begin);
  const pitch = <usize>channels << 2;
  const from = <usize>(image * args.rows + begin) * pitch;
  const mean = args.mean + <usize>image * pitch;
  const scale = args.scale + <usize>image * pitch;
  const slope = args.slope + <usize>image * pitch;
  const shift = args.shift + <usize>image * pitch;
  const paired = pitch & ~31;
  let x = args.x + from;
  let dy = args.dy + from;
  let dx = args.y + from;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const p = madd(d, v128.load(slope + c), v128.load(shift + c));
      const q = madd(e, v128.load(slope + c, 16), v128.load(shift + c, 16));
      const u = madd(v128.load(dy + c), v128.load(scale + c), p);
      const v = madd(v128.load(dy + c, 16), v128.load(scale + c, 16), q);
      v128.store(dx + c, v, 16);
      v128.store(dx + c, u);
    }
    for (; c < pitch; c += 16) {
      const lanes = min(4, <i32>((pitch - c) >> 2));
      const d = f32x4.sub(loadLanes(x + c, lanes), loadLanes(mean + c, lanes));
      const p = madd(d, loadLanes(slope + c, lanes), loadLanes(shift + c, lanes));
      storeLanes(dx + c, madd(loadLanes(dy + c, lanes), loadLanes(scale + c, lanes), p), lanes);
    }
    x += pitch;
    dy += pitch;
    dx += pitch;
  }
}

/** The sum over a picture's row tiles of number `which` of `numbers` that each has for a channel, `at` bytes from the first. */
export function sumOfTiles(partials: usize, pitch: usize, image: i32, rowTiles: i32, numbers: i32, which: i32, at: usize): f64 {
  const step = <usize>numbers * pitch;
  let from = partials + <usize>(image * rowTiles) * step + <usize>which * pitch + at;
  let sum: f64 = 0;
  for (let tile = 0; tile < rowTiles; tile++) {
    sum += <f64>load<f32>(from);
    from += step;
  }
  return sum;
}
