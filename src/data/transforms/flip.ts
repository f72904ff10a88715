import type { Picture } from '../dataset.ts';

/** The picture's mirror image, left and right swapped. */
export function flipHorizontally(picture: Picture): Picture {
  const { width, height, channels } = picture;
  const data = new Uint8Array(picture.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = (y * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = picture.data[from + c];
    }
  }
  return { width, height, channels, data };
}
