import type { Rng } from '../../base/rng.ts';
import type { Picture } from '../dataset.ts';
import { luma } from './grey.ts';

/** How far each factor may stray from 1: 0.4 draws from [0.6, 1.4]. */
export interface JitterRanges {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/**
 * torchvision's `ColorJitter` on bytes: the three adjustments in random order, each with a factor drawn evenly from
 * [max(0, 1 − range), 1 + range].
 */
export function jitterColors(picture: Picture, ranges: JitterRanges, rng: Rng): Picture {
  const adjustments = [
    { range: ranges.brightness, adjust: adjustBrightness },
    { range: ranges.contrast, adjust: adjustContrast },
    { range: ranges.saturation, adjust: adjustSaturation },
  ];
  let result = picture;
  for (const choice of rng.permutation(adjustments.length)) {
    const { range, adjust } = adjustments[choice];
    const factor = rng.uniform(Math.max(0, 1 - range), 1 + range);
    if (range > 0) result = adjust(result, factor);
  }
  return result;
}

/** Blends with black: factor 0 is black, 1 the picture (Pillow's `ImageEnhance.Brightness`). */
export function adjustBrightness(picture: Picture, factor: number): Picture {
  return blendWith(0, picture, factor);
}

/** Blends with the picture's mean grey (Pillow's `ImageEnhance.Contrast`). */
export function adjustContrast(picture: Picture, factor: number): Picture {
  const { data, channels } = picture;
  let sum = 0;
  for (let at = 0; at < data.length; at += channels) sum += channels === 1 ? data[at] : luma(data, at);
  const mean = Math.trunc(sum / (data.length / channels) + 0.5);
  return blendWith(mean, picture, factor);
}

/** Blends every pixel with its own grey (Pillow's `ImageEnhance.Color`). Grey pictures stay as they are. */
export function adjustSaturation(picture: Picture, factor: number): Picture {
  if (picture.channels === 1) return picture;
  const data = new Uint8Array(picture.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const grey = luma(picture.data, at);
    for (let c = at; c < at + 3; c++) data[c] = blend(grey, picture.data[c], factor);
  }
  return { ...picture, data };
}

/** Blends every byte with one level, through a table of the 256 results. */
function blendWith(level: number, picture: Picture, factor: number): Picture {
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, factor));
  const data = new Uint8Array(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = table[picture.data[i]];
  return { ...picture, data };
}

/** from + factor·(to − from) in single precision, cut to a byte as Pillow's `Image.blend` cuts it. */
export function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}
