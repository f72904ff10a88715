/** Names of augmentations for training pictures: the values of `--augment` and `augment`. */
export const augmentationNames = [
  'none',
  'flip',
  'crop',
  'crop-flip',
  'shift',
  'shift-flip',
  'imagenet',
] as const;
/** A name of an augmentation. */
export type AugmentationName = (typeof augmentationNames)[number];
