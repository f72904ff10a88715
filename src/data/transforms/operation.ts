import type { Picture } from '../dataset.ts';
import { rotate, transformAffine, type Affine, type AffineInterpolation } from './affine.ts';
import { adjustBrightness, adjustContrast, adjustSaturation } from './jitter.ts';
import { autocontrast, equalize, invert, posterize, solarize, solarizeAdd } from './levels.ts';
import { adjustSharpness } from './sharpness.ts';

/** What AutoAugment and its kin do to pictures, by their papers' names. */
export type OperationName =
  | 'Identity'
  | 'ShearX'
  | 'ShearY'
  | 'TranslateX'
  | 'TranslateY'
  | 'Rotate'
  | 'Posterize'
  | 'Solarize'
  | 'SolarizeAdd'
  | 'Color'
  | 'Contrast'
  | 'Brightness'
  | 'Sharpness'
  | 'AutoContrast'
  | 'Equalize'
  | 'Invert';

export interface Operation {
  readonly name: OperationName;
  /**
   * Pixels moved per pixel (shear), pixels to the left or up (translate), degrees counter-clockwise (rotate), bits that stay (posterize),
   * first level that is inverted (solarize), levels added (solarize-add), the enhancer's factor (colour to sharpness); else nothing.
   */
  readonly value: number;
  /** Of those that move pixels. */
  readonly interpolation: AffineInterpolation;
}

/** Does one. `fill`, a byte for each channel, is where a picture was moved away from. */
export function applyOperation(
  picture: Picture,
  { name, value, interpolation }: Operation,
  fill: readonly number[],
): Picture {
  const moved = (...matrix: Affine): Picture => transformAffine(picture, matrix, interpolation, fill);
  switch (name) {
    case 'Identity':
      return picture;
    case 'ShearX':
      return moved(1, value, 0, 0, 1, 0);
    case 'ShearY':
      return moved(1, 0, 0, value, 1, 0);
    case 'TranslateX':
      return moved(1, 0, value, 0, 1, 0);
    case 'TranslateY':
      return moved(1, 0, 0, 0, 1, value);
    case 'Rotate':
      return rotate(picture, value, interpolation, fill);
    case 'Posterize':
      return posterize(picture, value);
    case 'Solarize':
      return solarize(picture, value);
    case 'SolarizeAdd':
      return solarizeAdd(picture, value);
    case 'Color':
      return adjustSaturation(picture, value);
    case 'Contrast':
      return adjustContrast(picture, value);
    case 'Brightness':
      return adjustBrightness(picture, value);
    case 'Sharpness':
      return adjustSharpness(picture, value);
    case 'AutoContrast':
      return autocontrast(picture);
    case 'Equalize':
      return equalize(picture);
    case 'Invert':
      return invert(picture);
  }
}
