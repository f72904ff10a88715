import type { Call } from '../../base/channel/service.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { OpenDataParts } from '../../data/open-data.ts';
import type { ModelOptions } from '../../models/options.ts';
import type { GivenOptions } from '../../models/registry.ts';
import type { GraphData, ModuleData, TracedInput } from '../../nn/traced.ts';
import type { TrainOnOptions } from '../../run/training/options.ts';
import type { TrainedOn } from '../../run/training/train-on.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { SentWeights } from './weights.ts';

/** What an engine does that trains. */
export interface TrainingService {
  trainOn: Call<[training: SentTraining], SentTrained, TrainingCallbacks>;
}

export interface TrainingCallbacks {
  /** Awaited: the page's pace is the run's. */
  event(event: TrainEvent): void;
  /** What a network of the page's own does to inputs of these shapes. */
  graphs(inputs: readonly TracedInput[]): readonly GraphData[];
}

/** A training on its way from the page to its engine. */
export interface SentTraining {
  readonly data: OpenDataParts;
  readonly network: SentNetwork;
  /** Without what is not plain data, or travels beside it. */
  readonly options: SentTrainOnOptions;
  readonly weights: SentWeights | undefined;
  /** The engine's own backend computes; else one that suits the run. */
  readonly onOwnBackend: boolean;
}

export type SentTrainOnOptions = Omit<TrainOnOptions, 'onEvent' | 'signal' | 'backend' | 'weights' | 'blas'>;

/** A network on its way to the engine. */
export type SentNetwork =
  /** To be made there, for the classes of the data. */
  | { readonly kind: 'named'; readonly name: string; readonly options: GivenOptions | undefined }
  /** A module that the registry makes: its numbers, and the paths of its frozen parameters. */
  | {
      readonly kind: 'registry';
      readonly name: string;
      readonly options: GivenOptions;
      readonly state: StateDict;
      readonly frozen: readonly string[];
    }
  /** One of the page's own. */
  | { readonly kind: 'own'; readonly data: ModuleData };

/** What came of it, for the page to make a `TrainedOn` of. */
export interface SentTrained extends Omit<TrainedOn, 'model' | 'data'> {
  /** The name and options of the registry; undefined of the page's own. */
  readonly model: { readonly name: string; readonly options: ModelOptions } | undefined;
  /** The page has it. */
  readonly data: undefined;
  /** Of the network as it is now. */
  readonly trained: StateDict;
  readonly frozen: readonly string[];
}
