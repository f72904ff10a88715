import { validate } from '../base/validate.ts';
import type { AugmentationName } from './augmentation-names.ts';
import { augmentationSchema, type Augmentation } from './preprocessing.ts';
import { policyNamed, strongWords } from './strong-augmentation.ts';

/**
 * What a crop of a photo keeps of its area at least. torchvision's default, the paper's too, is 0.08: right for hundreds of epochs, but
 * a short training seldom sees the whole of anything then.
 */
const leastArea = 0.35;

/**
 * An augmentation by its name. `crop` is torchvision's RandomResizedCrop, of 35 to 100 % of the area; `flip` mirrors every other
 * picture; `shift` cuts the picture out again after padding, by an eighth of its side, as is usual for CIFAR; `imagenet` is the paper's:
 * crops from 8 % on, flips, colours and lighting; `rand`, `auto` and `trivial` add RandAugment, AutoAugment and TrivialAugment to
 * `crop-flip`.
 *
 * @param side of the network's input, in pixels
 */
export function augmentationNamed(name: AugmentationName, side: number): Augmentation {
  const crop = { kind: 'random-resized', scale: [leastArea, 1] } as const;
  const shift = { kind: 'pad', padding: Math.max(1, Math.round(side / 8)) } as const;
  switch (name) {
    case 'none':
      return augmentationSchema.parse({});
    case 'flip':
      return augmentationSchema.parse({ flip: 0.5 });
    case 'crop':
      return augmentationSchema.parse({ crop });
    case 'crop-flip':
      return augmentationSchema.parse({ crop, flip: 0.5 });
    case 'shift':
      return augmentationSchema.parse({ crop: shift });
    case 'shift-flip':
      return augmentationSchema.parse({ crop: shift, flip: 0.5 });
    case 'imagenet':
      return imagenetAugmentation;
    default:
      return augmentationSchema.parse({ crop, flip: 0.5, policy: policyNamed(name) });
  }
}

/** As the paper (section 4) and its code have it. */
export const imagenetAugmentation: Augmentation = augmentationSchema.parse({
  crop: { kind: 'random-resized' },
  flip: 0.5,
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 },
  lighting: 0.1,
});

/**
 * The usual augmentation of a data set: crops and flips for photos; shifts and flips for CIFAR and other thumbnails; shifts without
 * mirror images for the IDX family and other grey thumbnails, because digits and letters do not survive a mirror. A program's own pictures
 * may be of anything: none.
 */
export function defaultAugmentation(
  kind: 'folders' | 'shards' | 'cifar10' | 'cifar100' | 'idx' | 'own',
): Augmentation {
  switch (kind) {
    case 'folders':
    case 'shards':
      return augmentationNamed('crop-flip', 224);
    case 'cifar10':
    case 'cifar100':
      return augmentationNamed('shift-flip', 32);
    case 'idx':
      return augmentationSchema.parse({ crop: { kind: 'pad', padding: 2 } });
    case 'own':
      return augmentationNamed('none', 0);
  }
}

/** How pictures are augmented, in words: `augmented by crops of 35 to 100 %, flips`, or `not augmented`. */
export function augmentationWords(augmentation: Augmentation): string {
  validate(augmentationSchema, augmentation, 'augmentationWords');
  const parts = augmentationParts(augmentation);
  return parts === '' ? 'not augmented' : `augmented by ${parts}`;
}

/** What pictures are augmented by: `crops of 35 to 100 %, flips`; empty if by nothing. */
export function augmentationParts(augmentation: Augmentation): string {
  const { crop, flip, jitter, lighting } = augmentation;
  const percent = (share: number): number => Math.round(100 * share);
  const parts = [
    crop?.kind === 'random-resized' && `crops of ${percent(crop.scale[0])} to ${percent(crop.scale[1])} %`,
    crop?.kind === 'pad' && `shifts by up to ${crop.padding} ${crop.padding === 1 ? 'pixel' : 'pixels'}`,
    flip > 0 && (flip === 0.5 ? 'flips' : `flips of ${percent(flip)} %`),
    jitter && 'colours',
    lighting > 0 && 'lighting',
    ...strongWords(augmentation),
  ].filter((part) => typeof part === 'string');
  return parts.join(', ');
}
