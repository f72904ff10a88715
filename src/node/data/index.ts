/** Data from files: readers, decoding, and the loader with its worker threads. */
export type { ChannelStatistics } from '../../data/channel-statistics.ts';
export type { UnreadablePicture } from '../../data/check.ts';
export type { LoaderOptions } from '../../data/loader.ts';
export type { OpenData, OpenOptions } from '../../data/open-data.ts';
export type { EncodedPicture, PictureInput, PictureInputs } from '../../data/picture-forms.ts';
export type { DataKind } from '../../data/reader.ts';
export type { EvaluatedSplit, EvaluatedWeights, PicturesToEvaluate } from '../../data/to-evaluate.ts';
export type { TrainingLoaderOptions } from '../../train/loaders.ts';
export { channelStatistics, fitPreprocessing } from './channel-statistics.ts';
export { checkPictures } from './check.ts';
export { loadPicture, readPicture } from './decode.ts';
export { createLoader } from './loader.ts';
export { openLoaders } from './loaders.ts';
export { openData } from './open.ts';
export { recordOf } from './record-pictures.ts';
export { picturesToEvaluate } from './to-evaluate.ts';
