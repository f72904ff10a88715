import type { Picture } from '../dataset.ts';

/** The picture with the wanted number of channels: grey as Pillow's `convert('L')`, RGB by repeating the grey. */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { width, height } = picture;
  const pixels = width * height;
  const data = new Uint8Array(pixels * channels);
  if (channels === 1) {
    for (let i = 0; i < pixels; i++) data[i] = luma(picture.data, 3 * i);
  } else {
    for (let i = 0; i < pixels; i++) data.fill(picture.data[i], 3 * i, 3 * i + 3);
  }
  return { width, height, channels, data };
}

/** ITU-R 601-2 luma in fixed point, 0.299 R + 0.587 G + 0.114 B, rounded as Pillow rounds. */
export function luma(data: Uint8Array, at: number): number {
  return (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 0x8000) >> 16;
}
