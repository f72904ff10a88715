/** Data from files: readers, decoding, and the loader with its worker threads. */
export { checkPictures, type UnreadablePicture } from './check.ts';
export { loadPicture, readPicture } from './decode.ts';
export {
  picturesToEvaluate,
  type EvaluatedSplit,
  type EvaluatedWeights,
  type PicturesToEvaluate,
} from './to-evaluate.ts';
export { createLoader, type LoaderOptions } from './loader.ts';
export { openData, type OpenData, type OpenOptions } from './open.ts';
export type { EncodedPicture, PictureInput, PictureInputs } from './picture-input.ts';
export type { DataKind } from './reader.ts';
export { recordOf } from './record.ts';
export { channelStatistics, fitPreprocessing, type ChannelStatistics } from './statistics.ts';
export { openLoaders, type TrainingLoaderOptions } from './training.ts';
