import {
  abortSignal,
  callback,
  numberFrom,
  oneOf,
  texts,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../../base/options.ts';
import { pictureLimitKinds, type PictureLimitOptions } from '../../data/picture-limits.ts';
import type { PathProgress } from '../../session/paths/contributions.ts';
import * as one from '../classify-each.ts';

/** How pictures of concurrent calls are computed together. */
export interface BatchingOptions {
  /** Pictures of concurrent calls that are computed together, at most. Default 8. */
  readonly maxBatch?: number | undefined;
  /** How long a picture waits for others while nothing computes, in ms. Default 0: it goes with those that wait already. */
  readonly maxDelay?: number | undefined;
  /**
   * Calls that may wait, at most; past it they reject with a `QueueFullError`. One waits from when it is made until its picture is
   * computed; several pictures of one call count once. Default: any number.
   */
  readonly queue?: number | undefined;
}

/** The largest batch that may be asked for: a plan takes memory for it. */
const mostBatch = 256;

const maxBatch: Kind = {
  expected: `a whole number from 1 to ${mostBatch}`,
  is: (value) => wholeFrom(1).is(value) && Number(value) <= mostBatch,
};

export const batchingKinds: Kinds<BatchingOptions> = {
  maxBatch,
  maxDelay: numberFrom(0),
  queue: {
    expected: 'a whole number of at least 1, or Infinity',
    is: (value) => value === Infinity || wholeFrom(1).is(value),
  },
};

/** The same with defaults filled in. */
export type Batching = Readonly<Required<{ [K in keyof BatchingOptions]: number }>>;

/**
 * Eight, for one who classifies a picture at a time, too: larger batches share the weights, and memory for activations that no run has
 * touched is not taken from the machine. ResNet-50 takes 485 MiB with batches of one, 487 with more until they are used, 525 then.
 */
const usualBatch = 8;

export function batchingOf({
  maxBatch = usualBatch,
  maxDelay = 0,
  queue = Infinity,
}: BatchingOptions): Batching {
  return { maxBatch, maxDelay, queue };
}

/** The batch sizes that are planned, largest first: halves, down to one picture. */
export function batchSizes({ maxBatch }: Pick<Batching, 'maxBatch'>): readonly number[] {
  const sizes = [maxBatch];
  for (let size = 2 ** Math.ceil(Math.log2(maxBatch) - 1); size >= 1; size /= 2) sizes.push(size);
  return sizes;
}

/** How long one picture took on its way through a classifier, in ms; their sum is how long the call took, but for its stream. */
export interface Times {
  /** Decoding, resizing and normalising. 0 for inputs that are prepared. */
  readonly decode: number;
  /** Waiting: for a place to be decoded, for others, for what was computed before. */
  readonly wait: number;
  /** Computing the batch that it was in. */
  readonly compute: number;
  /** Pictures in that batch. */
  readonly batch: number;
}

/** What every call takes. */
export interface CallOptions {
  /** Rejects the call with the signal's reason, and takes its picture out of the queue. */
  readonly signal?: AbortSignal | undefined;
}

/** What calls take whose pictures are computed in batches. */
export interface TimedOptions extends CallOptions {
  /** Called for each picture when it is computed, with how long that took. */
  readonly onTimes?: ((times: Times) => void) | undefined;
}

/** Options of `classify`. Limits of pictures: default, the classifier's. */
export interface ClassifyOptions extends one.ClassifyOptions, TimedOptions {}

/** Options of `classifyMany` and `classifyEach`. */
export type ClassifyManyOptions = ClassifyOptions;

/** Options of `logits`. Limits of pictures: default, the classifier's. */
export interface LogitsOptions extends PictureLimitOptions, TimedOptions {}

/** Options of `forward`. */
export type ForwardOptions = TimedOptions;

/** Options of `features`. Limits of pictures: default, the classifier's. */
export interface FeaturesOptions extends PictureLimitOptions, CallOptions {}

/** Options of `explain`. */
export interface ExplainOptions extends FeaturesOptions {
  /** The class that is explained: its label or its name. Default: the most likely one. */
  readonly label?: number | string | undefined;
}

/** Options of `activations`. */
export interface LayersOptions extends FeaturesOptions {
  /** Paths of modules: `layer3.2.conv2`, or `layer1.0.relu#1` for the first of several calls. */
  readonly layers: readonly string[];
}

/** Options of `pathContributions`. */
export interface PathsOptions extends ExplainOptions {
  /** Paths of the modules of the blocks that are asked about: `layer2.1`. Default: all. */
  readonly blocks?: readonly string[] | undefined;
  /** Called after each batch of paths. */
  readonly onProgress?: ((progress: PathProgress) => void) | undefined;
}

/** Options of `occlusion`. */
export interface OcclusionOptions extends ExplainOptions {
  /** Side of the grey square in pixels of the network's input. Default: a seventh of its shorter side. */
  readonly size?: number | undefined;
  /** Pixels from one place of the square to the next. Default: half its side. */
  readonly stride?: number | undefined;
  /** What falls when the square covers something. Default: the class's probability. */
  readonly measure?: 'probability' | 'logit' | undefined;
  /** Called after each place of the square. */
  readonly onProgress?: ((progress: { readonly done: number; readonly of: number }) => void) | undefined;
}

const timedKinds: Kinds<TimedOptions> = { signal: abortSignal, onTimes: callback };

export const forwardKinds: Kinds<ForwardOptions> = timedKinds;
export const logitsKinds: Kinds<LogitsOptions> = { ...pictureLimitKinds, ...timedKinds };
export const classifyKinds: Kinds<ClassifyOptions> = { ...one.classifyKinds, ...timedKinds };
export const featuresKinds: Kinds<FeaturesOptions> = { ...pictureLimitKinds, signal: abortSignal };
export const explainKinds: Kinds<ExplainOptions> = {
  label: {
    expected: 'the label or the name of a class',
    is: (value) => typeof value === 'string' || wholeFrom(0).is(value),
  },
  ...featuresKinds,
};
export const layersKinds: Kinds<LayersOptions> = {
  layers: { ...texts, expected: 'an array of module paths' },
  ...featuresKinds,
};
export const pathsKinds: Kinds<PathsOptions> = { blocks: texts, onProgress: callback, ...explainKinds };
export const occlusionKinds: Kinds<OcclusionOptions> = {
  size: wholeFrom(1),
  stride: wholeFrom(1),
  measure: oneOf('probability', 'logit'),
  onProgress: callback,
  ...explainKinds,
};
