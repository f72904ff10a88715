import { PackTapsArgs } from './args.generated';
import { WIDE } from './simd';
import { TILE_COLUMNS, WIDE_COLUMNS } from './product-tile';

/**
 * Packs the right side of `product`: for each group and each block of the reduction, panels of eight columns, and in a
 * panel eight neighbours for each (tap, c). Columns past the end are zero. A chunk is some panels of one group. In the build for
 * 256-bit vectors two whole panels are one of sixteen. Bound by memory: done for every picture it took a fifth of the time at batch 1
 * (docs/performance.md), so where weights stay as they are it runs once.
 *
 *   b[g][block][panel][tap, c][8]  from  weights[g·groupStride + column·columnStride + tapOffset(tap) + c·innerStride]
 */
export function pack_taps(args: PackTapsArgs, chunk: i32): void {
  const inner = args.inner;
  const columns = args.columns;
  const innerStride = args.innerStride;
  const columnStride = args.columnStride;
  const groupStride = args.groupStride;
  const tapsPerBlock = args.tapsPerBlock;
  const innerPerBlock = args.innerPerBlock;
  const taps = args.taps;
  const panelsPerChunk = args.panelsPerChunk;
  const panelChunks = args.panelChunks;
  const tapOffsets = args.tapOffsets;

  const group = chunk / panelChunks;
  const paddedColumns = (columns + TILE_COLUMNS - 1) & ~(TILE_COLUMNS - 1);
  const columnBegin = (chunk % panelChunks) * panelsPerChunk * TILE_COLUMNS;
  const columnEnd = min(columnBegin + panelsPerChunk * TILE_COLUMNS, columns);
  const source = args.weights + ((<usize>group * groupStride) << 2);
  const packed = args.packed + ((<usize>group * taps * inner * paddedColumns) << 2);

  for (let column = columnBegin; column < columnEnd; column += TILE_COLUMNS) {
    const some = min(TILE_COLUMNS, columns - column);
    for (let tap = 0; tap < taps; tap += tapsPerBlock) {
      const blockTaps = min(tapsPerBlock, taps - tap);
      for (let first = 0; first < inner; first += innerPerBlock) {
        const length = min(innerPerBlock, inner - first);
        const pair = WIDE && (column | (WIDE_COLUMNS - 1)) < columns;
        const panel = pair ? column & ~(WIDE_COLUMNS - 1) : column;
        const pitch = <usize>(pair ? WIDE_COLUMNS : TILE_COLUMNS) << 2;
        let to =
          packed +
          (<usize>(tap * inner + first) * paddedColumns + <usize>panel * (blockTaps * length) + <usize>(column - panel)) * 4;
        for (let t = tap; t < tap + blockTaps; t++) {
          const from =
            source + ((<usize>(column * columnStride + load<i32>(tapOffsets + (<usize>t << 2)) + first * innerStride)) << 2);
          if (some < TILE_COLUMNS) {
            packSome(from, to, pitch, length, innerStride, columnStride, some);
          } else if (columnStride == 1) {
            packRows(from, to, pitch, length, innerStride);
          } else if (innerStride == 1) {
            packTransposed(from, to, pitch, length, columnStride);
          } else {
            packSome(from, to, pitch, length, innerStride, columnStride, TILE_COLUMNS);
          }
          to += <usize>length * pitch;
        }
      }
    }
  }
}

function packSome(
  from: usize,
  to: usize,
  pitch: usize,
  length: i32,
  innerStride: i32,
  columnStride: i32,
  some: i32,
): void {
  for (let c = 0; c < length; c++) {
    for (let k = 0; k < TILE_COLUMNS; k++) {
      const at = from + (<usize>(c * innerStride + k * columnStride) << 2);
      store<f32>(to + (<usize>k << 2), k < some ? load<f32>(at) : 0);
    }
    to += pitch;
  }
}

/** Columns lie side by side in the source: two vectors for each c. */
function packRows(from: usize, to: usize, pitch: usize, length: i32, innerStride: i32): void {
  const step = <usize>innerStride << 2;
  for (let c = 0; c < length; c++) {
    v128.store(to, v128.load(from), 0);
    v128.store(to, v128.load(from, 16), 16);
    from += step;
    to += pitch;
  }
}

/** Each column is contiguous in the source: transposes 4 of c × 4 columns at a time. */
export function packTransposed(from: usize, to: usize, pitch: usize, length: i32, columnStride: i32): void {
  const step = <usize>columnStride << 2;
  let c = 0;
  for (; c + 4 <= length; c += 4) {
    const at = from + (<usize>c << 2);
    transpose(at, step, to, pitch);
    transpose(at + (step << 2), step, to + 16, pitch);
    to += pitch << 2;
  }
  for (; c < length; c++) {
    for (let k = 0; k < TILE_COLUMNS; k++) {
      store<f32>(to + (<usize>k << 2), load<f32>(from + (<usize>c << 2) + <usize>k * step));
    }
    to += pitch;
  }
}

/** Four rows of four floats, `step` bytes apart → four columns, `pitch` bytes apart. */
// @ts-ignore: decorator
@inline
function transpose(from: usize, step: usize, to: usize, pitch: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + step);
  const r2 = v128.load(from + 2 * step);
  const r3 = v128.load(from + 3 * step);
  const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, i32x4.shuffle(low01, low23, 0, 1, 4, 5), 0);
  v128.store(to + pitch, i32x4.shuffle(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * pitch, i32x4.shuffle(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * pitch, i32x4.shuffle(high01, high23, 2, 3, 6, 7));
}
