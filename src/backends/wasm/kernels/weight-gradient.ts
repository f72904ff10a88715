import { WeightGradientArgs } from './args.generated';
import { ACCUMULATE, ROWS_BYTES, TILE_ROWS, productTile } from './product-tile';
import { productTile_wide } from './product-tile-wide.generated';
import { WIDE } from './simd';

/** Rows of the reduction packed at a time: panels of 3 KiB and 4 or 8 KiB stay in the first-level cache. */
// @ts-ignore: decorator
@inline
const DEPTH: i32 = 128;
/** Columns of a panel and of a tile: 2 to the power of SHIFT. */
// @ts-ignore: decorator
@inline
const SHIFT: i32 = WIDE ? 4 : 3;
// @ts-ignore: decorator
@inline
const COLUMNS: i32 = 1 << SHIFT;
/** Bytes of a row of a panel, and of a tile. */
// @ts-ignore: decorator
@inline
const X_ROW: usize = <usize>COLUMNS << 2;
/** Bytes from panel to panel: a line more than they take, lest those of a row fall into the same sets of the cache. */
// @ts-ignore: decorator
@inline
const DY_PANEL: i32 = DEPTH * <i32>ROWS_BYTES + 64;
// @ts-ignore: decorator
@inline
const X_PANEL: i32 = DEPTH * COLUMNS * 4 + 64;
// @ts-ignore: decorator
@inline
const TILE: usize = 0;
// @ts-ignore: decorator
@inline
const OUTS: usize = 384;
// @ts-ignore: decorator
@inline
const PANELS: usize = 448;

/**
 * The weight gradient of a convolution, or of `linear`: a product of two matrices along their long side.
 *
 *   part[k, tap, c] = Σ over rows (n, p, q) of the part  dy[n, p, q, g, k] · x[n, p·sh + oh(tap), q·sw + ow(tap), g, c]
 *
 * Rows are cut into a fixed number of parts, each summed on its own; `sum_parts` adds them. A chunk is one part of one
 * block of k × (tap, c) of one group: it packs both sides, 128 rows at a time, into its thread's scratch room.
 *
 * Bound by arithmetic: 108 GFLOP/s a thread in 256-bit vectors, of some 143 that registers alone give (docs/performance.md).
 */
export function weight_gradient(args: WeightGradientArgs, chunk: i32, scratch: usize): void {
  const dy = args.dy;
  const parts = args.parts;
  const rows = args.rows;
  const outChannels = args.outChannels;
  const groupOut = args.targetDepth;
  const inner = args.inner;
  const groups = args.groups;
  const rowsPerPart = args.rowsPerPart;
  const kPerChunk = args.kPerChunk;
  const kChunks = args.kChunks;
  const columnsPerChunk = args.columnsPerChunk;
  const columnChunks = args.columnChunks;
  const taps = args.taps;

  const columns = taps * inner;
  let rest = chunk / columnChunks;
  const columnBegin = (chunk % columnChunks) * columnsPerChunk;
  const columnCount = min(columnsPerChunk, columns - columnBegin);
  const kBegin = (rest % kChunks) * kPerChunk;
  const kCount = min(kPerChunk, groupOut - kBegin);
  rest /= kChunks;
  const group = rest % groups;
  const part = rest / groups;
  const rowEnd = min((part + 1) * rowsPerPart, rows);

  const kPanels = (kCount + TILE_ROWS - 1) / TILE_ROWS;
  const packedDy = scratch + PANELS;
  const packedX = packedDy + <usize>(kPanels * DY_PANEL);
  const out =
    parts +
    ((<usize>((part * groups + group) * groupOut + kBegin) * <usize>columns + <usize>columnBegin) << 2);
  const pitch = <usize>columns << 2;

  let row = part * rowsPerPart;
  let mode = 0;
  do {
    const depth = min(DEPTH, rowEnd - row);
    packGradient(
      dy + ((<usize>row * outChannels + <usize>(group * groupOut + kBegin)) << 2),
      packedDy,
      depth,
      outChannels,
      kCount,
    );
    packPatches(args, row, depth, group, packedX, columnBegin, columnCount);
    multiply(packedDy, packedX, depth, kCount, columnCount, out, pitch, mode, scratch);
    mode = ACCUMULATE;
    row += DEPTH;
  } while (row < rowEnd);
}

/** Packs columns of the patches that rows `row` to `row + depth` see. */
// @ts-ignore: decorator
@inline
function packPatches(args: WeightGradientArgs, row: i32, depth: i32, group: i32, packedX: usize, columnBegin: i32, columnCount: i32): void {
  const x = args.x;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const inner = args.inner;
  const stepVertical = args.strideRows;
  const stepHorizontal = args.strideColumns;
  const tapList = args.places;
  let q = row % outWidth;
  let p = (row / outWidth) % outHeight;
  let n = row / outWidth / outHeight;
  for (let r = 0; r < depth; r++) {
    packPatch(
      x + ((<usize>(n * height * width) * channels + <usize>(group * inner)) << 2),
      packedX + <usize>r * X_ROW,
      p * stepVertical,
      q * stepHorizontal,
      height,
      width,
      channels,
      inner,
      tapList,
      columnBegin,
      columnCount,
    );
    if (++q == outWidth) {
      q = 0;
      if (++p == outHeight) {
        p = 0;
        n++;
      }
    }
  }
}

/** The tiles of a block of k × (tap, c), of what is packed: stored at `out`, or added to what is there. */
// @ts-ignore: decorator
@inline
function multiply(
  packedDy: usize, packedX: usize, depth: i32, kCount: i32, columnCount: i32, out: usize, pitch: usize, mode: i32, scratch: usize,
): void {
  const kPanels = (kCount + TILE_ROWS - 1) / TILE_ROWS;
  const columnPanels = (columnCount + COLUMNS - 1) >> SHIFT;
  for (let j = 0; j < columnPanels; j++) {
    const xPanel = packedX + <usize>(j * X_PANEL);
    const someColumns = min(COLUMNS, columnCount - (j << SHIFT));
    for (let i = 0; i < kPanels; i++) {
      const dyPanel = packedDy + <usize>(i * DY_PANEL);
      const to = out + <usize>(i * TILE_ROWS) * pitch + <usize>j * X_ROW;
      const someK = min(TILE_ROWS, kCount - i * TILE_ROWS);
      if (someK == TILE_ROWS && someColumns == COLUMNS) {
        placeRows(scratch + OUTS, to, pitch);
        tile(dyPanel, xPanel, depth, scratch + OUTS, mode);
      } else {
        placeRows(scratch + OUTS, scratch + TILE, X_ROW);
        tile(dyPanel, xPanel, depth, scratch + OUTS, 0);
        for (let k = 0; k < someK; k++) {
          for (let c = 0; c < someColumns; c++) {
            const at = to + <usize>k * pitch + (<usize>c << 2);
            const sum = load<f32>(scratch + TILE + <usize>k * X_ROW + (<usize>c << 2));
            store<f32>(at, mode & ACCUMULATE ? load<f32>(at) + sum : sum);
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function tile(a: usize, b: usize, depth: i32, outs: usize, mode: i32): void {
  if (WIDE) productTile_wide(a, b, depth, outs, 0, 0, 0, mode);
  else productTile(a, b, depth, outs, 0, 0, 0, mode);
}

/** Notes a tile's rows, `pitch` bytes apart, as its output. */
// @ts-ignore: decorator
@inline
function placeRows(outs: usize, row: usize, pitch: usize): void {
  for (const end = outs + TILE_ROWS * 4; outs < end; outs += 4, row += pitch) store<u32>(outs, <u32>row);
}

/** Rows of `kCount` gradients → panels [DEPTH][6]; lanes past the end are zero. */
function packGradient(from: usize, to: usize, depth: i32, outChannels: i32, kCount: i32): void {
  const step = <usize>outChannels << 2;
  const bytes = <usize>kCount << 2;
  for (let r = 0; r < depth; r++) {
    let panel = to;
    let at = from;
    const end = from + bytes;
    for (const last = end - ROWS_BYTES; at <= last; at += ROWS_BYTES) {
      v128.store(panel, v128.load(at));
      if (TILE_ROWS > 4) store<u64>(panel, load<u64>(at, 16), 16);
      panel += DY_PANEL;
    }
    if (at < end) {
      memory.fill(panel, 0, ROWS_BYTES);
      for (; at < end; at += 4, panel += 4) store<f32>(panel, load<f32>(at));
    }
    from += step;
    to += ROWS_BYTES;
  }
}

/** One row of patches, columns `begin` … `begin + count − 1` of (tap, c) → its place in panels [DEPTH][COLUMNS]. */
function packPatch(
  image: usize,
  to: usize,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
  channels: i32,
  inner: i32,
  tapList: usize,
  begin: i32,
  count: i32,
): void {
  let tap = begin / inner;
  let c = begin % inner;
  let column = 0;
  while (column < count) {
    const offsets = tapList + (<usize>tap << 3);
    const h = top + load<i32>(offsets, 0);
    const w = left + load<i32>(offsets, 4);
    const end = column + min(inner - c, count - column);
    if (<u32>h < <u32>height && <u32>w < <u32>width) {
      let from = image + ((<usize>(h * width + w) * channels + <usize>c) << 2);
      if ((column & 7) == 0) {
        for (; column + 8 <= end; column += 8) {
          const at = placeOf(to, column);
          v128.store(at, v128.load(from), 0);
          v128.store(at, v128.load(from, 16), 16);
          from += 32;
        }
      }
      for (; column < end; column++) {
        store<f32>(placeOf(to, column), load<f32>(from));
        from += 4;
      }
    } else {
      for (; column < end; column++) {
        store<f32>(placeOf(to, column), 0);
      }
    }
    c = 0;
    tap++;
  }
  for (; column & (COLUMNS - 1); column++) {
    store<f32>(placeOf(to, column), 0);
  }
}

/** Where a column of a row lies whose first is at `row`. */
// @ts-ignore: decorator
@inline
function placeOf(row: usize, column: i32): usize {
  return row + <usize>(column >> SHIFT) * X_PANEL + (<usize>(column & (COLUMNS - 1)) << 2);
}
