/** Labelled pictures: sources in memory, transforms, splits, and what a loader of batches is. Folders are `cardinal-nn/node`'s. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { augmentationNames, type AugmentationName } from './augmentation-names.ts';
export { augmentationNamed, defaultAugmentation } from './augmentations.ts';
export type { Batch, BatchLoader, Dataset, Picture, Splits } from './dataset.ts';
export { leftOutLine, type LeftOut, type LeftOutKind } from './left-out.ts';
export { fitPicture, preprocess } from './pipeline.ts';
export { readPretrainedConfig, type PretrainedConfig } from './pretrained-config.ts';
export type { PictureLimitOptions, PictureLimits } from './picture-limits.ts';
export type { HeldOut, PictureRecord } from './picture-record.ts';
export {
  defaultPreprocessing,
  imagenetPreprocessing,
  imagenetStatistics,
  preprocessingSchema,
} from './preprocessing.ts';
export type { Augmentation, AugmentationInput, Mix, MixInput, Preprocessing } from './preprocessing.ts';
export type { LabelRecord } from './labels/label-table.ts';
export type { Targets, Task } from './task.ts';
export { ownData, type OwnDataOptions, type OwnPictures } from './own/own-data.ts';
export type { AugmentFunction } from './own/augment.ts';
export type { FloatPicture, OwnSample } from './own/own-samples.ts';
export type { OwnStream } from './own/own-stream.ts';
export type { OwnTensor } from './own/own-tensor.ts';
export { pictureDataset, subset } from './source.ts';
export type { PictureDataset, PictureSource } from './source.ts';
export { balancedSubset, splitByClass } from './split.ts';
