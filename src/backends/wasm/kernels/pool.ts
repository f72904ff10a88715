import { AvgPoolArgs, AvgPoolBackwardArgs, MaxPoolArgs, MaxPoolBackwardArgs } from './args.generated';
import { fetch_pixels } from './fetch';
import { madd } from './simd';
import { loadLanes, storeLanes } from './rows';
import { ceilDivide, loadPartial, storePartial } from './strip';

/*
 * Pooling, channels as lanes. A chunk is some rows of one picture, of what is written, and a block of channels (a multiple of 4 but for
 * the last). Without overlapping windows it reads and writes each number once; how near it is to memory's pace was not measured.
 */

/** The largest of each window; NaN wins as in PyTorch. */
export function max_pool(args: MaxPoolArgs, chunk: i32): void {
  pool(args, chunk, true);
}

/** The mean of each window, over all of it or over what lies in the picture. */
export function avg_pool(args: AvgPoolArgs, chunk: i32): void {
  pool(args, chunk, false);
}

/** Whole, since the four accumulators of sixteen channels and their marks of NaN live in registers throughout. `largest` is a constant. */
// @ts-ignore: decorator
@inline
function pool(args: MaxPoolArgs, chunk: i32, largest: bool): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const blocks = args.blocks;
  const rowChunks = args.rowChunks;
  const first = (chunk % blocks) * args.channelsPerChunk;
  const end = min(first + args.channelsPerChunk, channels);
  const image = chunk / blocks / rowChunks;
  const firstRow = ((chunk / blocks) % rowChunks) * args.rowsPerChunk;
  const endRow = min(firstRow + args.rowsPerChunk, outHeight);
  const pitch = <usize>channels << 2;
  const start = largest ? f32x4.splat(-Infinity) : f32x4.splat(0);
  const none = f32x4.splat(0);
  for (let p = firstRow; p < endRow; p++) {
    const top = p * args.strideRows - args.padRows;
    const h0 = max(top, 0);
    const h1 = min(top + args.windowRows, height);
    for (let q = 0; q < outWidth; q++) {
      const side = q * args.strideColumns - args.padColumns;
      const v0 = max(side, 0);
      const v1 = min(side + args.windowColumns, width);
      const rowBytes = <usize>max(v1 - v0, 0) * pitch;
      const scale = largest ? f32x4.splat(1) : f32x4.splat(<f32>1 / <f32>windowSize(changetype<AvgPoolArgs>(args), top, side));
      const corner = args.source + <usize>((image * height + h0) * width + v0) * pitch;
      const y = args.target + <usize>((image * outHeight + p) * outWidth + q) * pitch;
      let c = first;
      for (; c + 16 <= end; c += 16) {
        let a0 = start;
        let a1 = start;
        let a2 = start;
        let a3 = start;
        let n0 = none;
        let n1 = none;
        let n2 = none;
        let n3 = none;
        let row = corner + (<usize>c << 2);
        for (let h = h0; h < h1; h++) {
          for (let x = row; x < row + rowBytes; x += pitch) {
            const x0 = v128.load(x);
            const x1 = v128.load(x, 16);
            const x2 = v128.load(x, 32);
            const x3 = v128.load(x, 48);
            a0 = join(a0, x0, largest);
            a1 = join(a1, x1, largest);
            a2 = join(a2, x2, largest);
            a3 = join(a3, x3, largest);
            if (largest) {
              n0 = v128.or(n0, f32x4.ne(x0, x0));
              n1 = v128.or(n1, f32x4.ne(x1, x1));
              n2 = v128.or(n2, f32x4.ne(x2, x2));
              n3 = v128.or(n3, f32x4.ne(x3, x3));
            }
          }
          row += <usize>width * pitch;
        }
        const to = y + (<usize>c << 2);
        v128.store(to, largest ? v128.or(a0, n0) : f32x4.mul(a0, scale));
        v128.store(to, largest ? v128.or(a1, n1) : f32x4.mul(a1, scale), 16);
        v128.store(to, largest ? v128.or(a2, n2) : f32x4.mul(a2, scale), 32);
        v128.store(to, largest ? v128.or(a3, n3) : f32x4.mul(a3, scale), 48);
      }
      for (; c < end; c += 4) {
        const lanes = min(end - c, 4);
        let a = start;
        let n = none;
        let row = corner + (<usize>c << 2);
        for (let h = h0; h < h1; h++) {
          for (let at = row; at < row + rowBytes; at += pitch) {
            const x = loadLanes(at, lanes);
            a = join(a, x, largest);
            n = v128.or(n, f32x4.ne(x, x));
          }
          row += <usize>width * pitch;
        }
        storeLanes(y + (<usize>c << 2), largest ? v128.or(a, n) : f32x4.mul(a, scale), lanes);
      }
    }
  }
}

/** The larger or the sum. `pmax` is one instruction but loses NaN: lanes that saw one are set to it at the end. */
// @ts-ignore: decorator
@inline
function join(a: v128, b: v128, largest: bool): v128 {
  return largest ? f32x4.pmax(a, b) : f32x4.add(a, b);
}

/** What a window's sum is divided by: PyTorch's windows may reach into the padding but not beyond it. */
// @ts-ignore: decorator
@inline
function windowSize(args: AvgPoolArgs, top: i32, side: i32): i32 {
  const bottom = min(top + args.windowRows, args.height + args.padRows);
  const right = min(side + args.windowColumns, args.width + args.padColumns);
  if (args.countPadding) return (bottom - top) * (right - side);
  return (min(bottom, args.height) - max(top, 0)) * (min(right, args.width) - max(side, 0));
}

/**
 * dy goes to the first largest element of its window, rows first. A chunk owns some rows of dx: it looks at every window
 * that reaches them and adds only what falls into them. Whole, since where a window's largest lie is in registers until dy is added.
 */
export function max_pool_backward(args: MaxPoolBackwardArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const strideH = args.strideRows;
  const padH = args.padRows;
  const blocks = args.blocks;
  const rowChunks = args.rowChunks;
  const first = (chunk % blocks) * args.channelsPerChunk;
  const end = min(first + args.channelsPerChunk, channels);
  const image = chunk / blocks / rowChunks;
  const firstRow = ((chunk / blocks) % rowChunks) * args.rowsPerChunk;
  const endRow = min(firstRow + args.rowsPerChunk, height);
  const pitch = <usize>channels << 2;
  const rowPitch = <usize>width * pitch;
  const x = args.x + <usize>(image * height) * rowPitch;
  const dx = args.target + <usize>(image * height) * rowPitch;
  const firstWindow = max(0, ceilDivide(firstRow + padH - args.windowRows + 1, strideH));
  const endWindow = min(outHeight, (endRow - 1 + padH) / strideH + 1);
  let cleared = firstRow;
  let fetched = 0;
  let sum: u32 = 0;
  for (let p = firstWindow; p < endWindow; p++) {
    const top = p * strideH - padH;
    const h0 = max(top, 0);
    const h1 = min(top + args.windowRows, height);
    const own0 = max(h0, firstRow);
    const own1 = min(h1, endRow);
    // The rows of x that the windows before did not read, in one stream.
    sum += fetch_pixels(x, max(fetched, h0) * width, h1 * width, channels, first, end);
    fetched = h1;
    clearRows(dx, cleared, own1, rowPitch, width, first, end, pitch);
    cleared = max(cleared, own1);
    for (let q = 0; q < outWidth; q++) {
      const side = q * args.strideColumns - args.padColumns;
      const v0 = max(side, 0);
      const v1 = min(side + args.windowColumns, width);
      const dy = args.source + <usize>((image * outHeight + p) * outWidth + q) * pitch;
      const corner = <usize>h0 * rowPitch + <usize>v0 * pitch;
      const stop = <usize>h1 * rowPitch;
      const own = <usize>own0 * rowPitch + <usize>v0 * pitch;
      const ownStop = <usize>own1 * rowPitch;
      const across = <usize>(v1 - v0) * pitch;
      let c = first;
      for (; c + 8 <= end; c += 8) {
        const shift = <usize>c << 2;
        let best0 = f32x4.splat(-Infinity);
        let best1 = f32x4.splat(-Infinity);
        let where0 = i32x4.splat(<i32>corner);
        let where1 = i32x4.splat(<i32>corner);
        for (let row = corner; row < stop; row += rowPitch) {
          for (let at = row; at < row + across; at += pitch) {
            const value0 = v128.load(x + at + shift);
            const value1 = v128.load(x + at + shift, 16);
            const here0 = i32x4.splat(<i32>at);
            const here1 = i32x4.splat(<i32>at);
            const wins0 = v128.or(f32x4.gt(value0, best0), f32x4.ne(value0, value0));
            const wins1 = v128.or(f32x4.gt(value1, best1), f32x4.ne(value1, value1));
            best0 = v128.bitselect(value0, best0, wins0);
            best1 = v128.bitselect(value1, best1, wins1);
            where0 = v128.bitselect(here0, where0, wins0);
            where1 = v128.bitselect(here1, where1, wins1);
          }
        }
        // Every owned pixel of the window gets dy or nothing: a branch on where the largest lies would be a guess each time.
        const d0 = v128.load(dy + shift);
        const d1 = v128.load(dy + shift, 16);
        for (let row = own; row < ownStop; row += rowPitch) {
          for (let at = row; at < row + across; at += pitch) {
            const to = dx + at + shift;
            const sum0 = f32x4.add(v128.load(to), v128.and(d0, i32x4.eq(where0, i32x4.splat(<i32>at))));
            const sum1 = f32x4.add(v128.load(to, 16), v128.and(d1, i32x4.eq(where1, i32x4.splat(<i32>at))));
            v128.store(to, sum1, 16);
            v128.store(to, sum0);
          }
        }
      }
      for (; c < end; c += 4) {
        const lanes = min(end - c, 4);
        const shift = <usize>c << 2;
        let best = f32x4.splat(-Infinity);
        let where = i32x4.splat(<i32>corner);
        for (let row = corner; row < stop; row += rowPitch) {
          for (let at = row; at < row + across; at += pitch) {
            const value = loadLanes(x + at + shift, lanes);
            const wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
            best = v128.bitselect(value, best, wins);
            where = v128.bitselect(i32x4.splat(<i32>at), where, wins);
          }
        }
        const d = loadLanes(dy + shift, lanes);
        for (let row = own; row < ownStop; row += rowPitch) {
          for (let at = row; at < row + across; at += pitch) {
            const to = dx + at + shift;
            const share = v128.and(d, i32x4.eq(where, i32x4.splat(<i32>at)));
            storeLanes(to, f32x4.add(loadLanes(to, lanes), share), lanes);
          }
        }
      }
    }
  }
  store<u32>(scratch, sum);
  clearRows(dx, cleared, endRow, rowPitch, width, first, end, pitch);
}

/** Zeros for channels `first` to `end` of rows `from` to `to`, before anything is added to them. */
// @ts-ignore: decorator
@inline
function clearRows(
  dx: usize,
  from: i32,
  to: i32,
  rowPitch: usize,
  width: i32,
  first: i32,
  end: i32,
  pitch: usize,
): void {
  if (from >= to) return;
  const bytes = <usize>(end - first) << 2;
  const begin = dx + <usize>from * rowPitch;
  if (bytes == pitch) {
    memory.fill(begin, 0, <usize>(to - from) * rowPitch);
  } else {
    for (let i = 0; i < (to - from) * width; i++) {
      memory.fill(begin + <usize>i * pitch + (<usize>first << 2), 0, bytes);
    }
  }
}

/** Each element of dx gathers its share of every window it was in. */
export function avg_pool_backward(args: AvgPoolBackwardArgs, chunk: i32): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const strideH = args.strideRows;
  const strideW = args.strideColumns;
  const padH = args.padRows;
  const padW = args.padColumns;
  const blocks = args.blocks;
  const rowChunks = args.rowChunks;
  const first = (chunk % blocks) * args.channelsPerChunk;
  const end = min(first + args.channelsPerChunk, channels);
  const image = chunk / blocks / rowChunks;
  const firstRow = ((chunk / blocks) % rowChunks) * args.rowsPerChunk;
  const endRow = min(firstRow + args.rowsPerChunk, height);
  const pitch = <usize>channels << 2;
  for (let h = firstRow; h < endRow; h++) {
    const p0 = max(0, ceilDivide(h + padH - args.windowRows + 1, strideH));
    const p1 = min(outHeight, (h + padH) / strideH + 1);
    for (let v = 0; v < width; v++) {
      const q0 = max(0, ceilDivide(v + padW - args.windowColumns + 1, strideW));
      const q1 = min(outWidth, (v + padW) / strideW + 1);
      const dx = args.target + <usize>((image * height + h) * width + v) * pitch;
      // The first window writes, the others add.
      let fresh = true;
      for (let p = p0; p < p1; p++) {
        for (let q = q0; q < q1; q++) {
          const size = windowSize(args, p * strideH - padH, q * strideW - padW);
          const scale = f32x4.splat(<f32>1 / <f32>size);
          const dy = args.source + <usize>((image * outHeight + p) * outWidth + q) * pitch;
          let c = first;
          if (fresh) {
            for (; c + 4 <= end; c += 4) {
              const shift = <usize>c << 2;
              v128.store(dx + shift, f32x4.mul(v128.load(dy + shift), scale));
            }
          } else {
            for (; c + 4 <= end; c += 4) {
              const shift = <usize>c << 2;
              v128.store(dx + shift, madd(v128.load(dy + shift), scale, v128.load(dx + shift)));
            }
          }
          if (c < end) {
            const shift = <usize>c << 2;
            const before = fresh ? f32x4.splat(0) : loadPartial(dx + shift, end - c);
            storePartial(dx + shift, madd(loadPartial(dy + shift, end - c), scale, before), end - c);
          }
          fresh = false;
        }
      }
      if (fresh) for (let c = first; c < end; c++) store<f32>(dx + (<usize>c << 2), 0);
    }
  }
}
