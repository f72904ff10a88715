/** Names of what recipes after ResNeXt's add to crops and flips. */
const strongNames = ['rand', 'auto', 'trivial'] as const;
export type StrongAugmentationName = (typeof strongNames)[number];

/** Names of augmentations for training pictures: the values of `--augment` and `augment`. */
export const augmentationNames = [
  'none',
  'flip',
  'crop',
  'crop-flip',
  'shift',
  'shift-flip',
  'imagenet',
  ...strongNames,
] as const;
/** A name of an augmentation. */
export type AugmentationName = (typeof augmentationNames)[number];
