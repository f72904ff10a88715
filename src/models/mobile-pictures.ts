import type { Pictures } from './entry.ts';

/** Configurations of pictures of timm and torchvision. */

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const inception = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** torchvision's usual ones. */
export const bilinear: Pictures = { cropShare: 0.875, interpolation: 'bilinear', ...imagenet };

/** With ImageNet's mean and standard deviation. */
export function bicubic(cropShare = 0.875): Pictures {
  return { cropShare, interpolation: 'bicubic', ...imagenet };
}

/** In [−1, 1], as TensorFlow's networks want them. */
export function inMinusOneToOne(
  cropShare = 0.875,
  interpolation: Pictures['interpolation'] = 'bicubic',
): Pictures {
  return { cropShare, interpolation, ...inception };
}
