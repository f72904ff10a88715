import type { Picture } from '../dataset.ts';

/** A rectangle inside (or, for crops that pad, around) a picture, in pixels: whole ones where they are cut out. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function wholeOf(picture: Pick<Picture, 'width' | 'height'>): Region {
  return { left: 0, top: 0, width: picture.width, height: picture.height };
}

/** The pixels of `region`; those outside the picture are zero, as torchvision's `crop` has them. */
export function crop(picture: Picture, region: Region): Picture {
  const { width, height, channels } = picture;
  const data = new Uint8Array(region.width * region.height * channels);
  const fromX = Math.max(0, region.left);
  const toX = Math.min(width, region.left + region.width);
  if (fromX < toX) {
    for (let y = Math.max(0, region.top); y < Math.min(height, region.top + region.height); y++) {
      const row = picture.data.subarray((y * width + fromX) * channels, (y * width + toX) * channels);
      data.set(row, ((y - region.top) * region.width + fromX - region.left) * channels);
    }
  }
  return { width: region.width, height: region.height, channels, data };
}

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
