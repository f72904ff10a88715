import { ProductArgs } from './args.generated';
import { activateOne, inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { LINEAGE, WIDE } from './simd';
import { ACCUMULATE, ACTIVATION, BIAS, RESIDUAL, ROWS_BYTES, TILE_COLUMNS, TILE_ROWS, WIDE_COLUMNS, productTile } from './product-tile';
import { productTile_wide } from './product-tile-wide.generated';

/** Places in a thread's scratch room. */
// @ts-ignore: decorator
@inline
const TILE: usize = 0;
// @ts-ignore: decorator
@inline
const TILE_OUTS: usize = 192;
// @ts-ignore: decorator
@inline
const PLACES: usize = 224;
// @ts-ignore: decorator
@inline
const OUTS: usize = 320;
/** A row of zeros, as long as a block of the reduction: it stands for rows beyond the picture. */
// @ts-ignore: decorator
@inline
const ZEROS: usize = 1024;
// @ts-ignore: decorator
@inline
const PACKED: usize = 3072;

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
 * Bound by arithmetic: 117 GFLOP/s a thread in 256-bit vectors, of some 143 that registers alone give, and nine tenths of what they
 * give in 128 (docs/performance.md). Packing rows costs 3 % at batch 8 (docs/LOG.md). At batch 1 memory bounds it: 100 MB of weights for 8.5 GFLOP.
 */
export function product(args: ProductArgs, chunk: i32, scratch: usize): void {
  const out = args.out;
  const bias = args.bias;
  const residual = args.residual;
  const activation = inTile(args.activation);
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
          a += <usize>depth * ROWS_BYTES;
          outs += TILE_ROWS * 4;
        }
        column += wide ? WIDE_COLUMNS : TILE_COLUMNS;
      }
      first += innerPerBlock;
    } while (first < inner);
    tap += tapsPerBlock;
  } while (tap < taps);
  if (LINEAGE && isLater(args.activation)) {
    const offset = <usize>columnBegin << 2;
    for (let row = 0; row < rowEnd - rowBegin; row++) {
      const to = <usize>load<u32>(scratch + OUTS + (<usize>row << 2)) + offset;
      activate_rows(to, 1, columnEnd - columnBegin, 0, args.activation);
    }
  }
}

/**
 * Packs one block of the reduction for the chunk's rows, six by six: [row / 6][tap, c][6], and notes where each row's
 * results go. Past the end the last row is taken again: it is computed and stored again, which changes nothing.
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
  const zeros = scratch + ZEROS;
  memory.fill(zeros, 0, <usize>(taps * length) << 2);

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
    for (const lastTap = offsets + (<usize>taps << 3); offsets < lastTap; ) {
      const above = load<i32>(offsets, 0);
      const before = load<i32>(offsets, 4);
      // Taps of a filter's row lie side by side if all channels are read: they are one run, where it is whole in every row.
      let run = 1;
      if (length == channels) {
        for (
          let next = offsets + 8;
          next < lastTap && load<i32>(next, 0) == above && load<i32>(next, 4) == before + run;
          next += 8
        ) run++;
      }
      for (let r = 0; r < TILE_ROWS; r++) {
        const w = load<i32>(scratch + PLACES + (<usize>r << 4), 8) + before;
        if (w < 0 || w + run > width) run = 1;
      }
      for (let r = 0; r < TILE_ROWS; r++) {
        const place = scratch + PLACES + (<usize>r << 4);
        const h = load<i32>(place, 4) + above;
        const w = load<i32>(place, 8) + before;
        let from = zeros;
        if (<u32>h < <u32>height && <u32>w < <u32>width) {
          from = source + ((<usize>((load<i32>(place, 0) + h) * width + w) * channels) << 2);
        }
        store<u32>(place, <u32>from, 12);
      }
      interleave(scratch + PLACES + 12, to, run * length);
      to += <usize>(run * length) * ROWS_BYTES;
      offsets += <usize>run << 3;
    }
  }
}

/** Rows of `length` floats, as many as a tile has, at the addresses in `rows` (every 16 bytes), side by side. */
function interleave(rows: usize, to: usize, length: i32): void {
  let r0 = <usize>load<u32>(rows, 0);
  const r1 = <usize>load<u32>(rows, 16) - r0;
  const r2 = <usize>load<u32>(rows, 32) - r0;
  const r3 = <usize>load<u32>(rows, 48) - r0;
  const r4 = TILE_ROWS > 4 ? <usize>load<u32>(rows, 64) - r0 : 0;
  const r5 = TILE_ROWS > 4 ? <usize>load<u32>(rows, 80) - r0 : 0;
  const end = r0 + (<usize>length << 2);
  for (const last = end - 16; r0 <= last; r0 += 16) {
    const v0 = v128.load(r0);
    const v1 = v128.load(r0 + r1);
    const v2 = v128.load(r0 + r2);
    const v3 = v128.load(r0 + r3);
    const low01 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
    const low23 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
    const high01 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
    const high23 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
    v128.store(to, i32x4.shuffle(low01, low23, 0, 1, 4, 5));
    if (TILE_ROWS > 4) {
      const v4 = v128.load(r0 + r4);
      const v5 = v128.load(r0 + r5);
      const low45 = i32x4.shuffle(v4, v5, 0, 4, 1, 5);
      const high45 = i32x4.shuffle(v4, v5, 2, 6, 3, 7);
      v128.store(to, i32x4.shuffle(low45, low01, 0, 1, 6, 7), 16);
      v128.store(to, i32x4.shuffle(low23, low45, 2, 3, 6, 7), 32);
      v128.store(to, i32x4.shuffle(high45, high01, 0, 1, 6, 7), 64);
      v128.store(to, i32x4.shuffle(high23, high45, 2, 3, 6, 7), 80);
    } else {
      v128.store(to, i32x4.shuffle(low01, low23, 2, 3, 6, 7), 16);
      v128.store(to, i32x4.shuffle(high01, high23, 2, 3, 6, 7), 48);
    }
    v128.store(to, i32x4.shuffle(high01, high23, 0, 1, 4, 5), 2 * ROWS_BYTES);
    to += 4 * ROWS_BYTES;
  }
  for (; r0 < end; r0 += 4) {
    store<f32>(to, load<f32>(r0), 0);
    store<f32>(to, load<f32>(r0 + r1), 4);
    store<f32>(to, load<f32>(r0 + r2), 8);
    store<f32>(to, load<f32>(r0 + r3), 12);
    if (TILE_ROWS > 4) {
      store<f32>(to, load<f32>(r0 + r4), 16);
      store<f32>(to, load<f32>(r0 + r5), 20);
    }
    to += ROWS_BYTES;
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
