/** What needs a browser: workers, files of the page's visitor, storage. The rest of the library is in `cardinal-nn`. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export type { WebBackendOptions } from './page/backend-options.ts';
export type { DirectoryHandleLike, PageFile, PageFiles, PageFolders } from './page/file-tree.ts';
export { openPictures, type PicturesSource } from './page/open-pictures.ts';
export { createBackend, type WebBackend } from './page/backend.ts';
export { Classifier, type WebPictureInputs } from './page/classifier.ts';
export type { WebPictureInput } from './page/send-picture.ts';
export { loadClassifier, type ClassifierOptions } from './page/load-classifier.ts';
export type { WeightsInput } from './page/sent-weights.ts';
export type { ScriptUrls, Scripts } from './scripts.ts';
export type { LoadProgress } from './engine/fetch-blob.ts';
export type {
  Classification,
  ClassifiedPicture,
  ClassifyManyOptions,
  ClassifyOptions,
} from '../use/classify-each.ts';
export type {
  ExplainOptions,
  FeaturesOptions,
  LayersOptions,
  OcclusionOptions,
  PathsOptions,
} from '../use/batch/options.ts';
export type { ClassMap, PicturePaths } from '../use/explain/explanation.ts';
export type { OcclusionMap } from './engine/explain-service.ts';
export { trainOn } from './page/train-on.ts';
export type { TrainOnOptions } from './page/train-options.ts';
export type { TrainedOn } from '../run/training/train-on.ts';
export type { NamedModel } from '../run/training/options.ts';
export { InUseError, LockLostError } from '../base/errors.ts';
export {
  deleteRun,
  exportRun,
  importRun,
  listRuns,
  readMetrics,
  type ExportOptions,
  type ImportOptions,
  type MetricsOptions,
  type RunsOptions,
} from './page/runs.ts';
export { loadPicture, readPicture } from './read-pictures.ts';
export { persistRuns } from './page/persist.ts';
export type { RunSummary } from './store/list-runs.ts';
export type { MetricsRecord } from '../run/folder/metrics-file.ts';
