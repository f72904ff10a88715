import type { Picture } from '../../../../src/data/dataset.ts';
import { pictureFormatOf } from '../../../../src/data/picture-format.ts';
import { pictureLimits } from '../../../../src/data/picture-limits.ts';
import { PixelBudget } from '../../../../src/data/pixel-budget.ts';
import { decodeBySharp } from '../../../../src/node/data/decode-by-sharp.ts';

/** What sharp makes of a JPEG or a PNG, small ones as well. */
export async function bySharp(bytes: Uint8Array): Promise<Picture> {
  const format = pictureFormatOf(bytes);
  if (format !== 'jpeg' && format !== 'png') throw new Error(`a JPEG or a PNG, got ${format}`);
  return decodeBySharp(bytes, format, pictureLimits({}), (step) => step(), new PixelBudget());
}
