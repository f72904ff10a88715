import { BlasPatchesArgs } from './args.generated';

/**
 * Patches of a dense convolution as rows of a matrix, for a native library's product: for output places `row` to `row + rows`
 * (of all images, row by row), the C·R·S numbers that a place sees, in the weights' order [r][s][c], zero outside of the
 * picture. With channels last the taps of one kernel row lie side by side, so a patch is R runs of S·C floats.
 *
 * Bound by the cache: it copies, into a block of scratch room that the product then reads from there.
 */
export function patches(args: BlasPatchesArgs, row: i32, rows: i32, to: usize): void {
  const x = args.x;
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const kernelHeight = args.filterRows;
  const kernelWidth = args.filterColumns;
  const stepVertical = args.strideRows;
  const stepHorizontal = args.strideColumns;
  const top = args.padRows;
  const left = args.padColumns;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>width * pixelBytes;
  const run = <usize>kernelWidth * pixelBytes;

  const line = row / outWidth;
  let q = row % outWidth;
  let p = line % outHeight;
  let image = x + <usize>(line / outHeight) * <usize>height * rowBytes;
  while (rows > 0) {
    const last = min(outWidth, q + rows);
    rows -= last - q;
    const firstRow = p * stepVertical - top;
    const above = min(kernelHeight, max(0, -firstRow));
    const below = max(above, min(kernelHeight, height - firstRow));
    for (; q < last; q++) {
      const firstColumn = q * stepHorizontal - left;
      const begin = <usize>min(kernelWidth, max(0, -firstColumn)) * pixelBytes;
      const end = max(begin, <usize>max(0, min(kernelWidth, width - firstColumn)) * pixelBytes);
      zero(to, to + <usize>above * run);
      to += <usize>above * run;
      let from = image + <usize>(firstRow + above) * rowBytes + <usize>firstColumn * pixelBytes;
      const stop = to + <usize>(below - above) * run;
      if (end - begin == run) {
        for (; to < stop; to += run, from += rowBytes) copy(from, to, run);
      } else {
        for (; to < stop; to += run, from += rowBytes) {
          zero(to, to + begin);
          copy(from + begin, to + begin, end - begin);
          zero(to + end, to + run);
        }
      }
      zero(to, to + <usize>(kernelHeight - below) * run);
      to += <usize>(kernelHeight - below) * run;
    }
    q = 0;
    if (++p == outHeight) {
      p = 0;
      image += <usize>height * rowBytes;
    }
  }
}

/** Whole floats, two vectors at a time; the last ones overlap those before instead of leaving a rest. */
// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  if (bytes >= 32) {
    const last = bytes - 32;
    for (let at: usize = 0; at < last; at += 32) copyPair(from + at, to + at);
    copyPair(from + last, to + last);
  } else if (bytes >= 16) {
    const head = v128.load(from);
    const tail = v128.load(from + bytes - 16);
    v128.store(to, head);
    v128.store(to + bytes - 16, tail);
  } else {
    for (let at: usize = 0; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
  }
}

// @ts-ignore: decorator
@inline
function copyPair(from: usize, to: usize): void {
  const low = v128.load(from);
  const high = v128.load(from, 16);
  v128.store(to, high, 16);
  v128.store(to, low);
}

// @ts-ignore: decorator
@inline
function zero(at: usize, end: usize): void {
  for (; at < end; at += 4) store<f32>(at, 0);
}
