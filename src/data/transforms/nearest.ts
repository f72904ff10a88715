import type { Picture } from '../dataset.ts';
import type { Region } from './region.ts';

/** Resizes `region` by taking the pixel under the middle of each output pixel, as Pillow's `NEAREST`. */
export function resizeNearest(picture: Picture, width: number, height: number, region: Region): Picture {
  const { channels } = picture;
  const columns = positions(region.width, width);
  const rows = positions(region.height, height);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = (region.top + rows[y]) * picture.width + region.left;
    for (let x = 0; x < width; x++) {
      const from = (row + columns[x]) * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = picture.data[from + c];
    }
  }
  return { width, height, channels, data };
}

/**
 * The input pixel of each output pixel. Pillow (src/libImaging/Geometry.c, `ImagingScaleAffine`) adds the scale up step by
 * step, and where a position falls between two pixels the sum's rounding error decides: in every fifth pair of sizes.
 */
function positions(inputSize: number, outputSize: number): Int32Array {
  const scale = inputSize / outputSize;
  let at = scale * 0.5;
  return Int32Array.from({ length: outputSize }, () => {
    const pixel = Math.trunc(at);
    at += scale;
    return pixel;
  });
}
