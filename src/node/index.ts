/** What needs Node: threads, files and the decoding of pictures. The rest of the library is in `cardinal-nn`. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export {
  createNodeBackend as createBackend,
  type CreateBackendOptions,
  type NodeBackendOptions,
} from './backend.ts';
export { capabilities, type Capabilities } from './capabilities.ts';
export { Classifier } from '../use/classifier.ts';
export type { Explanation, Occlusion, OverlayOptions, PicturePaths } from '../use/explain/explanation.ts';
export type {
  BatchingOptions,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  FeaturesOptions,
  ForwardOptions,
  LayersOptions,
  OcclusionOptions,
  PathsOptions,
  Times,
} from '../use/batch/options.ts';
export type { Classification, ClassifiedPicture } from '../use/classify-each.ts';
export { loadClassifier, type ClassifierOptions } from './classifier.ts';
export * from './data/index.ts';
export { exportHtml, type ExportHtmlOptions } from './html.ts';
export { fetchFromHub } from './hub/fetch.ts';
export type { HubFile, HubOptions } from './hub/repo.ts';
export type { HubProgress } from '../hub/source.ts';
export { resolveHub, type HubWeights } from './hub/resolve.ts';
export { InUseError, LockLostError } from '../base/errors.ts';
export type { Classified, RunEvaluation } from '../run/report/evaluate-best.ts';
export { RunFolder } from './run-folder.ts';
export type { OpenRunOptions } from '../run/folder/run-folder.ts';
export type { NamedModel } from '../run/training/options.ts';
export type { TrainOnOptions } from './training/options.ts';
export { trainOn } from './training/train-on.ts';
export type { TrainedOn } from '../run/training/train-on.ts';
export type { Trained } from '../use/trained.ts';
export { loadTrained, type LoadOptions } from './trained.ts';
export type { Check, CheckResult, Verification } from './verify/check.ts';
export { verify, type VerifyRunOptions } from './verify/verify.ts';
export { saveTemperature, type SaveTemperatureOptions } from './temperature.ts';
export { loadWeights, saveWeights, type LoadIntoOptions } from './weights.ts';
