import { ProductArgs } from './args.generated';
import { activateOne } from './activation';
import { WIDE } from './simd';
import { ACCUMULATE, ACTIVATION, BIAS, RESIDUAL, TILE_COLUMNS, TILE_ROWS, WIDE_COLUMNS, productTile } from './product-tile';
import { productTile_wide } from './product-tile-wide.generated';

/** Places in a thread's scratch room. */
// @ts-ignore: decorator
@inline
const TILE: usize = 0;
// @ts-ignore: decorator
@inline
const TILE_OUTS: usize = 128;
// @ts-ignore: decorator
@inline
const OUTS: usize = 256;
// @ts-ignore: decorator
@inline
const PLACES: usize = 192;
// @ts-ignore: decorator
@inline
const PACKED: usize = 1024;

/**
 * Matmul with a gathered left side: every convolution's forward and backward-input pass, and `linear`'s.
 *
 *   out[n, i, j, g, column] = bias + residual + Σ_tap Σ_c source[n, i·sh + oh(tap), j·sw + ow(tap), g, c] · b[g, tap, c, column]
 *
 * for a grid of (i, j), where places outside of the source count as zero, then the activation. The output place of (i, j) is
 * (outTop + i·outStepV, outLeft + j·outStepH). `b` comes from `pack_taps`, in the same blocks of the reduction.
 * A chunk is a block of rows × a block of columns of one group. For each block of the reduction it packs its rows into
 * scratch room (128 KiB, second-level cache), then takes panel after panel of B (8 KiB, first-level cache) past them.
 *
 * Bound by arithmetic: 117 GFLOP/s a thread in 256-bit vectors, of some 143 that registers alone give (docs/performance.md), and about
 * 50 in 128, of 62. Packing rows costs 3 % at batch 8 (docs/LOG.md). At batch 1 memory bounds it: 100 MB of weights for 8.5 GFLOP.
 */
export function product(args: ProductArgs, chunk: i32, scratch: usize): void {
  const out = args.out;
  const bias = args.bias;
  const residual = args.residual;
  const activation = args.activation;
  const rows = args.batch * args.gridHeight * args.gridWidth;
  const inner = args.inner;
  const columns = args.columns;
  const rowsPerChunk = args.rowsPerChunk;
  const columnsPerChunk = args.columnsPerChunk;
  const rowChunks = args.rowChunks;
  const columnChunks = args.columnChunks;
  const tapsPerBlock = args.tapsPerBlock;
  const innerPerBlock = args.innerPerBlock;
  const taps = args.taps;

  const columnChunk = chunk % columnChunks;
  const rest = chunk / columnChunks;
  const rowChunk = rest % rowChunks;
  const group = rest / rowChunks;
  const rowBegin = rowChunk * rowsPerChunk;
  const rowEnd = min(rowBegin + rowsPerChunk, rows);
  const columnBegin = columnChunk * columnsPerChunk;
  const columnEnd = min(columnBegin + columnsPerChunk, columns);
  const paddedColumns = (columns + TILE_COLUMNS - 1) & ~(TILE_COLUMNS - 1);
  const b = args.packed + ((<usize>group * taps * inner * paddedColumns) << 2);
  const groupBias = bias + ((<usize>group * columns) << 2);

  for (let row = 0; row < TILE_ROWS; row++) {
    store<u32>(scratch + TILE_OUTS + (<usize>row << 2), <u32>(scratch + TILE + (<usize>row << 5)));
  }
  const start = (bias ? BIAS : 0) | (residual ? RESIDUAL : 0);
  const residualDistance = residual - out;

  let tap = 0;
  do {
    const blockTaps = min(tapsPerBlock, taps - tap);
    let first = 0;
    do {
      const length = min(innerPerBlock, inner - first);
      const isFirst = tap == 0 && first == 0;
      const isLast = tap + blockTaps >= taps && first + length >= inner;
      const mode = (isFirst ? start : ACCUMULATE) | (isLast ? activation << ACTIVATION : 0);
      const depth = blockTaps * length;
      const block = b + ((<usize>(tap * inner + first) * paddedColumns) << 2);

      packRows(args, scratch, rowBegin, rowEnd, group, tap, blockTaps, first, length);
      for (let column = columnBegin; column < columnEnd; ) {
        const panel = block + ((<usize>column * depth) << 2);
        const offset = <usize>column << 2;
        const some = columns - column;
        const wide = WIDE && some >= WIDE_COLUMNS;
        let a = scratch + PACKED;
        let outs = scratch + OUTS;
        for (let row = rowBegin; row < rowEnd; row += TILE_ROWS) {
          if (wide) {
            productTile_wide(a, panel, depth, outs, offset, groupBias + offset, residualDistance, mode);
          } else if (some >= TILE_COLUMNS) {
            productTile(a, panel, depth, outs, offset, groupBias + offset, residualDistance, mode);
          } else {
            productTile(a, panel, depth, scratch + TILE_OUTS, 0, 0, 0, 0);
            const someRows = min(TILE_ROWS, rowEnd - row);
            storePart(scratch + TILE, outs, offset, someRows, some, groupBias + offset, residualDistance, mode);
          }
          a += <usize>depth << 4;
          outs += 16;
        }
        column += wide ? WIDE_COLUMNS : TILE_COLUMNS;
      }
      first += innerPerBlock;
    } while (first < inner);
    tap += tapsPerBlock;
  } while (tap < taps);
}

/**
 * Packs one block of the reduction for the chunk's rows, four by four: [row / 4][tap, c][4], and notes where each row's
 * results go. Past the end the last row is taken again: it is computed and stored twice, which changes nothing.
 */
function packRows(
  args: ProductArgs,
  scratch: usize,
  rowBegin: i32,
  rowEnd: i32,
  group: i32,
  tap: i32,
  taps: i32,
  first: i32,
  length: i32,
): void {
  const gridHeight = args.gridHeight;
  const gridWidth = args.gridWidth;
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const stepVertical = args.stepRows;
  const stepHorizontal = args.stepColumns;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const outChannels = args.outChannels;
  const outTop = args.outTop;
  const outStepVertical = args.outStepRows;
  const outLeft = args.outLeft;
  const outStepHorizontal = args.outStepColumns;
  const source = args.source + (<usize>(group * args.inner + first) << 2);
  const out = args.out + (<usize>(group * args.columns) << 2);
  const tapList = args.places + <usize>(2 * tap) * 4;

  let j = rowBegin % gridWidth;
  let i = (rowBegin / gridWidth) % gridHeight;
  let n = rowBegin / gridWidth / gridHeight;
  let outs = scratch + OUTS;
  let to = scratch + PACKED;
  for (let row = rowBegin; row < rowEnd; row += TILE_ROWS) {
    for (let r = 0; r < TILE_ROWS; r++) {
      const place = scratch + PLACES + (<usize>r << 4);
      store<i32>(place, n * height, 0);
      store<i32>(place, i * stepVertical, 4);
      store<i32>(place, j * stepHorizontal, 8);
      const outPlace =
        <usize>((n * outHeight + outTop + i * outStepVertical) * outWidth + outLeft + j * outStepHorizontal);
      store<u32>(outs, <u32>(out + ((outPlace * outChannels) << 2)));
      outs += 4;
      if (row + r + 1 < rowEnd) {
        if (++j == gridWidth) {
          j = 0;
          if (++i == gridHeight) {
            i = 0;
            n++;
          }
        }
      }
    }
    let offsets = tapList;
    for (let t = 0; t < taps; t++) {
      const above = load<i32>(offsets, 0);
      const before = load<i32>(offsets, 4);
      offsets += 8;
      for (let r = 0; r < TILE_ROWS; r++) {
        const place = scratch + PLACES + (<usize>r << 4);
        const h = load<i32>(place, 4) + above;
        const w = load<i32>(place, 8) + before;
        let from: usize = 0;
        if (<u32>h < <u32>height && <u32>w < <u32>width) {
          from = source + ((<usize>((load<i32>(place, 0) + h) * width + w) * channels) << 2);
        }
        store<u32>(place, <u32>from, 12);
      }
      interleave(scratch + PLACES + 12, to, length);
      to += <usize>length << 4;
    }
  }
}

/** Four rows of `length` floats, at the addresses in `rows` (every 16 bytes), side by side. Address 0 is a row of zeros. */
function interleave(rows: usize, to: usize, length: i32): void {
  const r0 = <usize>load<u32>(rows, 0);
  const r1 = <usize>load<u32>(rows, 16);
  const r2 = <usize>load<u32>(rows, 32);
  const r3 = <usize>load<u32>(rows, 48);
  let at: usize = 0;
  const end = <usize>length << 2;
  const wide = end & ~15;
  if (r0 && r1 && r2 && r3) {
    for (; at < wide; at += 16) {
      const v0 = v128.load(r0 + at);
      const v1 = v128.load(r1 + at);
      const v2 = v128.load(r2 + at);
      const v3 = v128.load(r3 + at);
      const low01 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
      const low23 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
      const high01 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
      const high23 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
      v128.store(to, i32x4.shuffle(low01, low23, 0, 1, 4, 5), 0);
      v128.store(to, i32x4.shuffle(low01, low23, 2, 3, 6, 7), 16);
      v128.store(to, i32x4.shuffle(high01, high23, 0, 1, 4, 5), 32);
      v128.store(to, i32x4.shuffle(high01, high23, 2, 3, 6, 7), 48);
      to += 64;
    }
    for (; at < end; at += 4) {
      store<f32>(to, load<f32>(r0 + at), 0);
      store<f32>(to, load<f32>(r1 + at), 4);
      store<f32>(to, load<f32>(r2 + at), 8);
      store<f32>(to, load<f32>(r3 + at), 12);
      to += 16;
    }
  } else {
    for (; at < end; at += 4) {
      store<f32>(to, r0 ? load<f32>(r0 + at) : 0, 0);
      store<f32>(to, r1 ? load<f32>(r1 + at) : 0, 4);
      store<f32>(to, r2 ? load<f32>(r2 + at) : 0, 8);
      store<f32>(to, r3 ? load<f32>(r3 + at) : 0, 12);
      to += 16;
    }
  }
}

/** Finishes a tile of fewer than eight columns as `productTile` would, and stores those. No row may come twice here. */
function storePart(
  tile: usize,
  outs: usize,
  offset: usize,
  rows: i32,
  some: i32,
  bias: usize,
  residual: usize,
  mode: i32,
): void {
  const end = <usize>some << 2;
  for (let r = 0; r < rows; r++) {
    const to = <usize>load<u32>(outs) + offset;
    for (let at: usize = 0; at < end; at += 4) {
      let sum = load<f32>(tile + at);
      if (mode & ACCUMULATE) {
        sum += load<f32>(to + at);
      } else {
        if (mode & RESIDUAL) sum += load<f32>(to + residual + at);
        if (mode & BIAS) sum += load<f32>(bias + at);
      }
      store<f32>(to + at, activateOne(sum, mode >> ACTIVATION));
    }
    outs += 4;
    tile += 32;
  }
}
