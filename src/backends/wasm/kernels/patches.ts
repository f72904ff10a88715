import { address, word } from './simd';

/**
 * Patches of a dense convolution as rows of a matrix, for a native library's product: for output places `row` to `row + rows`
 * (of all images, row by row), the C·R·S numbers that a place sees, in the weights' order [r][s][c], zero outside of the
 * picture. With channels last the taps of one kernel row lie side by side, so a patch is R runs of S·C floats.
 *
 * Arguments, from word 20 on: x, H, W, C, P, Q, R, S, stride (vertical, horizontal), padding (top, left).
 */
export function patches(args: usize, row: i32, rows: i32, to: usize): void {
  const x = address(args, 20);
  const height = word(args, 21);
  const width = word(args, 22);
  const channels = word(args, 23);
  const outHeight = word(args, 24);
  const outWidth = word(args, 25);
  const kernelHeight = word(args, 26);
  const kernelWidth = word(args, 27);
  const stepVertical = word(args, 28);
  const stepHorizontal = word(args, 29);
  const top = word(args, 30);
  const left = word(args, 31);
  const run = kernelWidth * channels;
  const pixelBytes = <usize>channels << 2;

  for (let index = row; index < row + rows; index++) {
    const q = index % outWidth;
    const rest = index / outWidth;
    const p = rest % outHeight;
    const n = rest / outHeight;
    const firstColumn = q * stepHorizontal - left;
    const begin = max(0, -firstColumn);
    const end = min(kernelWidth, width - firstColumn);
    for (let r = 0; r < kernelHeight; r++) {
      const h = p * stepVertical - top + r;
      if (<u32>h >= <u32>height || begin >= end) {
        zeroFloats(to, run);
      } else {
        const source = x + <usize>((n * height + h) * width + firstColumn + begin) * pixelBytes;
        zeroFloats(to, begin * channels);
        copyFloats(source, to + <usize>begin * pixelBytes, (end - begin) * channels);
        zeroFloats(to + <usize>end * pixelBytes, (kernelWidth - end) * channels);
      }
      to += <usize>run << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function copyFloats(from: usize, to: usize, count: i32): void {
  const wide = count & ~3;
  let i = 0;
  for (; i < wide; i += 4) v128.store(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)));
  for (; i < count; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)));
}

// @ts-ignore: decorator
@inline
function zeroFloats(to: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f32>(to + (<usize>i << 2), 0);
}
