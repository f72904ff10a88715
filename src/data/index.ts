/** Labelled pictures: formats, transforms, splits and batches. Everything here runs in a browser. */
export {
  augmentationNamed,
  augmentationNames,
  augmentationWords,
  defaultAugmentation,
  type AugmentationName,
} from './augmentations.ts';
export type { Batch, BatchLoader, Dataset, Picture, Splits } from './dataset.ts';
export { leftOutLine, leftOutOf, leftOutWords, type LeftOut, type LeftOutKind } from './left-out.ts';
export { fitPicture, preprocess } from './pipeline.ts';
export { isPretrainedConfig, readPretrainedConfig, type PretrainedConfig } from './pretrained-config.ts';
export type { PictureLimitOptions, PictureLimits } from './picture-limits.ts';
export type { HeldOut, PictureRecord } from './picture-record.ts';
export {
  augmentationSchema,
  defaultPreprocessing,
  imagenetPreprocessing,
  imagenetStatistics,
  mixSchema,
  preprocessingSchema,
} from './preprocessing.ts';
export type { Augmentation, AugmentationInput, Mix, MixInput, Preprocessing } from './preprocessing.ts';
export { pictureDataset, subset } from './source.ts';
export type { PictureDataset, PictureSource } from './source.ts';
export { balancedSubset, splitByClass } from './split.ts';
