import type { Picture } from '../dataset.ts';
import { blend } from './jitter.ts';

const { fround } = Math;
const edge = fround(1 / 13);
const middle = fround(5 / 13);

/**
 * Blends with a smoothed copy: factor 0 is smooth, 1 the picture, 2 sharper (Pillow's `ImageEnhance.Sharpness`), byte for byte.
 */
export function adjustSharpness(picture: Picture, factor: number): Picture {
  const smooth = smoothed(picture);
  return { ...picture, data: picture.data.map((value, at) => blend(smooth[at], value, factor)) };
}

/** Pillow's `ImageFilter.SMOOTH`, [1 1 1, 1 5 1, 1 1 1] / 13 in single precision, the row below first; the border stays as it is. */
function smoothed({ width, height, channels, data }: Picture): Uint8Array {
  const out = data.slice();
  const stride = width * channels;
  const row = (at: number, weight: number): number =>
    fround(
      fround(fround(data[at - channels] * edge) + fround(data[at] * weight)) +
        fround(data[at + channels] * edge),
    );
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * stride + channels; at < (y + 1) * stride - channels; at++) {
      const below = fround(0.5 + row(at + stride, edge));
      out[at] = fround(fround(below + row(at, middle)) + row(at - stride, edge));
    }
  }
  return out;
}
