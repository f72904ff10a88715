import type { Call } from '../../base/channel/service.ts';
import type { GraphData, TracedInput } from '../../nn/traced.ts';
import type { Output } from '../../session/compile.ts';
import type { PathProgress } from '../../session/paths/contributions.ts';
import type {
  ExplainOptions,
  FeaturesOptions,
  LayersOptions,
  OcclusionOptions,
  PathsOptions,
} from '../../use/batch/options.ts';
import type { ClassMap, Occlusion, PicturePaths } from '../../use/explain/explanation.ts';
import type { SentPicture } from './sent-picture.ts';
import type { SentClassifierOptions } from './service.ts';
import type { SentWeights } from './weights.ts';

/** A map of what falls, without the picture: a page draws it itself. */
export type OcclusionMap = Omit<Occlusion, 'overlay'>;

type Sent<T> = Omit<T, 'signal' | 'onProgress'>;
type Told<Options, Result, On extends object = object> = Call<
  [classifier: number, picture: SentPicture, options: Sent<Options>],
  Result,
  On
>;

/** What the engine that explains does: a classifier's calls beyond `classify`. */
export interface ExplainService {
  /** Loads a classifier once more, as what tells more of pictures. Gives its number. */
  openExplained: Call<
    [weights: SentWeights, options: SentClassifierOptions],
    number,
    { graphs(input: TracedInput): readonly GraphData[] }
  >;
  logits: Told<FeaturesOptions, Float32Array>;
  features: Told<FeaturesOptions, Float32Array>;
  explain: Told<ExplainOptions, ClassMap>;
  occlusion: Told<
    OcclusionOptions,
    OcclusionMap,
    { progress(progress: { readonly done: number; readonly of: number }): void }
  >;
  activations: Told<LayersOptions, Readonly<Record<string, Output>>>;
  pathContributions: Told<PathsOptions, PicturePaths, { progress(progress: PathProgress): void }>;
}
