/** Data from files: readers, decoding, and the loader with its worker threads. */
export { checkPictures, type UnreadablePicture } from '../../data/check.ts';
export { loadPicture, readPicture } from '../../data/decode.ts';
export {
  picturesToEvaluate,
  type EvaluatedSplit,
  type EvaluatedWeights,
  type PicturesToEvaluate,
} from '../../data/to-evaluate.ts';
export { createLoader, type LoaderOptions } from '../../data/loader.ts';
export { openData, type OpenData, type OpenOptions } from './open.ts';
export type { EncodedPicture, PictureInput, PictureInputs } from '../../data/picture-input.ts';
export type { DataKind } from '../../data/reader.ts';
export { recordOf } from '../../data/record-pictures.ts';
export { channelStatistics, fitPreprocessing, type ChannelStatistics } from '../../data/channel-statistics.ts';
export { openLoaders, type TrainingLoaderOptions } from '../../train/loaders.ts';
