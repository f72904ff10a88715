import { exp, log } from '../../base/portable-math.ts';
import type { Rng } from '../../base/rng.ts';
import type { Range } from './random-resized-crop.ts';
import { roundHalfEven } from './region.ts';

export interface Erasing {
  /** Share of the pictures of which a part is erased. */
  readonly probability: number;
  /** Share of the picture's area that is erased. */
  readonly area: Range;
  /** Height over width. */
  readonly ratio: Range;
  /** `constant`: with 0, the mean of the data set; `pixel`: with normal numbers. */
  readonly mode: 'constant' | 'pixel';
}

/**
 * Random erasing (Zhong et al. 2020) as timm has it: of normalised numbers H×W×C at `at`, a rectangle that is smaller than the picture;
 * after ten draws that do not fit, none.
 */
export function eraseInto(
  out: Float32Array,
  at: number,
  [height, width]: readonly [number, number],
  channels: number,
  { probability, area, ratio, mode }: Erasing,
  rng: Rng,
): void {
  if (rng.float() >= probability) return;
  for (let attempt = 0; attempt < 10; attempt++) {
    const wanted = rng.uniform(area[0], area[1]) * height * width;
    const aspect = exp(rng.uniform(log(ratio[0]), log(ratio[1])));
    const h = roundHalfEven(Math.sqrt(wanted * aspect));
    const w = roundHalfEven(Math.sqrt(wanted / aspect));
    if (w >= width || h >= height) continue;
    const top = rng.int(height - h + 1);
    const left = rng.int(width - w + 1);
    for (let y = top; y < top + h; y++) {
      const from = at + (y * width + left) * channels;
      for (let i = from; i < from + w * channels; i++) out[i] = mode === 'pixel' ? rng.normal() : 0;
    }
    return;
  }
}
