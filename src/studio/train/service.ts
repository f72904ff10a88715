import type { Call } from '../../base/channel/service.ts';
import type { AugmentationName } from '../../data/augmentation-names.ts';
import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import type { Classification } from '../../use/classify-each.ts';
import type { PictureRef } from '../refs.ts';
import type { RunCurves } from './curves.ts';

/** What the room Train asks, and whoever classifies. */
export interface TrainCalls {
  runs: Call<[], readonly RunState[]>;
  /** Begins a run; its id, once it trains. It goes on when the page is closed. */
  train: Call<[request: TrainRequest], string>;
  /**
   * Goes on with runs that are cut off because the page that trains them is closed, before this one was opened or meanwhile, and tells which,
   * until the call is aborted. Runs of a machine outlive their pages, so there it does nothing.
   */
  goOn: Call<[], void, { cutOff(run: CutOff): void }>;
  /** Goes on with a run that has ended, for more epochs or with more patience if they are given. */
  resume: Call<[ResumeRequest]>;
  /** Stops a run with a checkpoint; done when it is over. */
  stop: Call<[{ readonly run: string }]>;
  /** The metrics of a run so far. */
  metrics: Call<[{ readonly run: string }], readonly MetricsRecord[]>;
  /** Tells what a run comes to as its metrics are written, until the call is aborted. Rejects once the run is not there any more. */
  watch: Call<[{ readonly run: string }], void, WatchCallbacks>;
  /** The most likely classes of each picture, or why it has none. */
  classify: Call<[ClassifyRequest], readonly PictureAnswer[]>;
}

export interface WatchCallbacks {
  /** What its metrics come to so far, whole each time. */
  curves(curves: RunCurves): void;
  /** What has become of the run. */
  state(state: RunState): void;
}

export interface RunState {
  readonly id: string;
  readonly name: string;
  /** When it was begun, in ISO 8601; undefined of the example, or if its settings are not there or damaged. */
  readonly startedAt: string | undefined;
  readonly model: string | undefined;
  /** Epochs that it is to have. */
  readonly epochs: number | undefined;
  /** Settings that differ from run to run, in words, by their name. */
  readonly settings: Readonly<Record<string, string>>;
  /** `here`: this studio trains it, and can stop it. `elsewhere`: another process has it. */
  readonly training: 'here' | 'elsewhere' | 'no';
  /** Whether it has a checkpoint: it can be continued and used. */
  readonly hasCheckpoint: boolean;
  /** How it ended, as its metrics say: `finished`, `interrupted`, `stopped-early`, `not-finite`; undefined if it was cut off, or trains. */
  readonly end?: string | undefined;
  /** It came with the studio: it is used as others are, and neither goes on nor is changed. */
  readonly isExample?: boolean | undefined;
  /** Why it ended, if it failed here. */
  readonly error?: string | undefined;
}

/** A run that was cut off in its training. */
export interface CutOff {
  readonly run: string;
  readonly name: string;
  /** In which epoch, counted from 1. */
  readonly epoch: number;
  /** Why it does not go on; undefined if it does. */
  readonly error?: string | undefined;
}

/** A run to begin. What is left out has the recipe's value. */
export interface TrainRequest {
  readonly data: string;
  readonly model: { readonly name: string; readonly options?: Readonly<Record<string, unknown>> | undefined };
  /** What the run's folder is called. Default: the network's name. */
  readonly name?: string | undefined;
  readonly recipe?: string | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly augment?: AugmentationName | undefined;
  readonly imageSize?: number | undefined;
  readonly seed?: number | undefined;
  /** Epochs without an improvement after which it stops. */
  readonly patience?: number | undefined;
  /** The id of weights or a run to begin with, and what becomes of their classifier. */
  readonly weights?: string | undefined;
  readonly head?: 'keep' | 'reset' | undefined;
  /** Modules that are not trained. */
  readonly freeze?: readonly string[] | undefined;
}

export interface ResumeRequest {
  readonly run: string;
  readonly epochs?: number | undefined;
  /** Of a run that stopped early: with the one that it had it would stop at once. */
  readonly patience?: number | undefined;
}

export interface ClassifyRequest {
  /** A run or weights. */
  readonly weights: string;
  readonly pictures: readonly PictureRef[];
  readonly topK?: number | undefined;
}

export type PictureAnswer =
  | { readonly top: readonly Classification[]; readonly error?: undefined }
  | { readonly top?: undefined; readonly error: string };
