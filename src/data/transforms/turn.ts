import type { Picture } from '../dataset.ts';

/** A picture turned upright, by EXIF's orientation from 1 (upright) to 8. */
export function turned(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { width, height, channels, data } = picture;
  const isSideways = orientation >= 5;
  const [w, h] = isSideways ? [height, width] : [width, height];
  // In the stored picture, as seen by the upright one: which of its ends the first column and row stand at.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [column, row] = isSideways ? [y, x] : [x, y];
      const at = (fromBottom ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
      for (let c = 0; c < channels; c++) out[to++] = data[at * channels + c];
    }
  }
  return { width: w, height: h, channels, data: out };
}
