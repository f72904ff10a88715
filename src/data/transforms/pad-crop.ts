import type { Rng } from '../../base/rng.ts';
import type { Picture } from '../dataset.ts';
import { crop } from './region.ts';

/**
 * Pads every side by `padding` black pixels and cuts a window of the picture's own size anywhere from it
 * (torchvision's `RandomCrop(size, padding)`; the paper's CIFAR augmentation, section 5.3, with padding 4 on 32×32).
 */
export function randomPadCrop(picture: Picture, padding: number, rng: Rng): Picture {
  const { width, height } = picture;
  return crop(picture, {
    top: rng.int(2 * padding + 1) - padding,
    left: rng.int(2 * padding + 1) - padding,
    width,
    height,
  });
}
