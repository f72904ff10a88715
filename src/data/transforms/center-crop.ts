import type { Picture } from '../dataset.ts';
import { crop, roundHalfEven } from './region.ts';

/** The middle `width` × `height` pixels, as torchvision's `CenterCrop`: padded with zeros where the picture is smaller. */
export function centerCrop(picture: Picture, width: number, height: number): Picture {
  return crop(picture, {
    left: centerStart(picture.width, width),
    top: centerStart(picture.height, height),
    width,
    height,
  });
}

/**
 * Where the middle `wanted` of `extent` pixels begin: torchvision pads a picture that is too small by ⌊missing/2⌋ first, and rounds a
 * surplus half to even.
 */
export function centerStart(extent: number, wanted: number): number {
  return extent < wanted ? -Math.floor((wanted - extent) / 2) : roundHalfEven((extent - wanted) / 2);
}
