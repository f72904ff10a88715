import { interpolateInferno } from 'd3-scale-chromatic';

import type { Picture } from '../data/dataset.ts';
import { luma } from '../data/transforms/grey.ts';
import type { Region } from '../data/transforms/region.ts';
import { sampler, type Size } from '../use/explain/grad-cam.ts';

/** A map of numbers from 0 to 1, and where in a picture it lies. */
export interface Laid extends Size {
  readonly map: Float32Array;
  /** In the picture's pixels. */
  readonly region: Region;
}

/** How much of the picture the strongest colour covers. */
const opacity = 0.75;
/** How bright what the network did not see remains. */
const unseen = 0.3;

/**
 * A map over its picture, in RGB. The picture becomes grey, so that every colour is the map's: matplotlib's inferno, whose lightness
 * grows evenly, the more opaque the more a place counts. What lies outside the map is dark.
 */
export function layOver(picture: Picture, { region, ...laid }: Laid): Picture {
  const { width, height, channels } = picture;
  const at = sampler(laid.map, laid);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - region.top) / region.height;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5 - region.left) / region.width;
      const pixel = y * width + x;
      const grey = channels === 1 ? picture.data[pixel] : luma(picture.data, 3 * pixel);
      const isSeen = u >= 0 && u < 1 && v >= 0 && v < 1;
      const strength = isSeen ? at(u, v) : 0;
      const base = isSeen ? grey : grey * unseen;
      const colour = 3 * Math.round(255 * strength);
      for (let c = 0; c < 3; c++) {
        data[3 * pixel + c] = Math.round(base + opacity * strength * (inferno[colour + c] - base));
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** 256 colours, RGB. */
const inferno = Uint8Array.from(
  Array.from({ length: 256 }, (_, i) => {
    const colour = Number.parseInt(interpolateInferno(i / 255).slice(1), 16);
    return [colour >> 16, (colour >> 8) & 255, colour & 255];
  }).flat(),
);
