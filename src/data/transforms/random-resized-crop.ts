import { exp, log } from '../../base/portable-math.ts';
import type { Rng } from '../../base/rng.ts';
import { roundHalfEven, type Region } from './region.ts';

/** A range [low, high]. */
export type Range = readonly [number, number];

/**
 * The region that torchvision's `RandomResizedCrop` cuts out before it resizes: an area of `scale` times the picture
 * and an aspect ratio drawn evenly on a log scale; after ten draws that do not fit, the largest middle region whose ratio
 * is allowed. ("Inception-style" crops: Szegedy et al. 2015, section 6.)
 */
export function randomResizedRegion(
  width: number,
  height: number,
  scale: Range,
  ratio: Range,
  rng: Rng,
): Region {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * rng.uniform(scale[0], scale[1]);
    const aspect = exp(rng.uniform(log(ratio[0]), log(ratio[1])));
    const w = roundHalfEven(Math.sqrt(area * aspect));
    const h = roundHalfEven(Math.sqrt(area / aspect));
    if (w > 0 && w <= width && h > 0 && h <= height) {
      return { top: rng.int(height - h + 1), left: rng.int(width - w + 1), width: w, height: h };
    }
  }
  const given = width / height;
  const w = given > ratio[1] ? Math.max(1, roundHalfEven(height * ratio[1])) : width;
  const h = given < ratio[0] ? Math.max(1, roundHalfEven(width / ratio[0])) : height;
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}
