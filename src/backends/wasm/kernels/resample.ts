import { ResampleArgs } from './args.generated';
import { loadLanes, storeLanes } from './rows';
import { madd } from './simd';

/**
 * Pixels that are sums of others: y[p, q] = Σ a·b·x[h, w] over the taps (h, a) of row p and (w, b) of column q. Blur-pooling,
 * interpolation and the gradients of both are this, with other taps. Every pixel of y is gathered by itself, so that no sum depends on
 * how work is shared. A chunk is a row of y.
 *
 * Bound by memory where there are few taps, by the first-level cache else. Thirty-two channels at a time share the work on a tap's place.
 */
export function resample(args: ResampleArgs, chunk: i32): void {
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const image = chunk / outHeight;
  const p = chunk % outHeight;
  const pitch = <usize>args.channels << 2;
  const rowPitch = <usize>args.width * pitch;
  const source = args.source + <usize>image * <usize>args.height * rowPitch;
  const rowStarts = args.taps;
  const columnStarts = rowStarts + (<usize>(outHeight + 1) << 2);
  const rowTaps = columnStarts + (<usize>(outWidth + 1) << 2);
  const columnTaps = rowTaps + (<usize>args.rowTaps << 3);
  const rows = rowTaps + (<usize>load<i32>(rowStarts + (<usize>p << 2)) << 3);
  const rowsEnd = rowTaps + (<usize>load<i32>(rowStarts + (<usize>p << 2), 4) << 3);
  let to = args.target + <usize>chunk * <usize>outWidth * pitch;
  for (let q = 0; q < outWidth; q++) {
    const columns = columnTaps + (<usize>load<i32>(columnStarts + (<usize>q << 2)) << 3);
    const columnsEnd = columnTaps + (<usize>load<i32>(columnStarts + (<usize>q << 2), 4) << 3);
    let c: usize = 0;
    for (; c + 128 <= pitch; c += 128) {
      gather32(source + c, to + c, rows, rowsEnd, columns, columnsEnd, rowPitch, pitch);
    }
    for (; c < pitch; c += 16) {
      const lanes = min(4, <i32>((pitch - c) >> 2));
      gather4(source + c, to + c, rows, rowsEnd, columns, columnsEnd, rowPitch, pitch, lanes);
    }
    to += pitch;
  }
}

/** Thirty-two channels of a pixel. */
// @ts-ignore: decorator
@inline
function gather32(
  source: usize,
  to: usize,
  rows: usize,
  rowsEnd: usize,
  columns: usize,
  columnsEnd: usize,
  rowPitch: usize,
  pitch: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (let r = rows; r < rowsEnd; r += 8) {
    const row = source + <usize>load<i32>(r) * rowPitch;
    const a = load<f32>(r, 4);
    for (let s = columns; s < columnsEnd; s += 8) {
      const x = row + <usize>load<i32>(s) * pitch;
      const w = f32x4.splat(a * load<f32>(s, 4));
      s0 = madd(v128.load(x), w, s0);
      s1 = madd(v128.load(x, 16), w, s1);
      s2 = madd(v128.load(x, 32), w, s2);
      s3 = madd(v128.load(x, 48), w, s3);
      s4 = madd(v128.load(x, 64), w, s4);
      s5 = madd(v128.load(x, 80), w, s5);
      s6 = madd(v128.load(x, 96), w, s6);
      s7 = madd(v128.load(x, 112), w, s7);
    }
  }
  v128.store(to, s1, 16);
  v128.store(to, s0);
  v128.store(to, s3, 48);
  v128.store(to, s2, 32);
  v128.store(to, s5, 80);
  v128.store(to, s4, 64);
  v128.store(to, s7, 112);
  v128.store(to, s6, 96);
}

/** One to four channels of a pixel. */
// @ts-ignore: decorator
@inline
function gather4(
  source: usize,
  to: usize,
  rows: usize,
  rowsEnd: usize,
  columns: usize,
  columnsEnd: usize,
  rowPitch: usize,
  pitch: usize,
  lanes: i32,
): void {
  let sum = f32x4.splat(0);
  for (let r = rows; r < rowsEnd; r += 8) {
    const row = source + <usize>load<i32>(r) * rowPitch;
    const a = load<f32>(r, 4);
    for (let s = columns; s < columnsEnd; s += 8) {
      const w = f32x4.splat(a * load<f32>(s, 4));
      sum = madd(loadLanes(row + <usize>load<i32>(s) * pitch, lanes), w, sum);
    }
  }
  storeLanes(to, sum, lanes);
}
