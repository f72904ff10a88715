import { anything, checkOptions, oneOf, type Kinds } from '../../base/options.ts';
import { UsageError } from '../../base/errors.ts';
import { described } from '../../base/described.ts';
import { augmentationNames, type AugmentationName } from '../../data/augmentation-names.ts';
import { commonTrainOnKinds, type CommonTrainOnOptions } from '../../run/training/arguments.ts';
import type { WebBackendOptions } from './backend-options.ts';
import type { WebBackend } from './backend.ts';
import { place } from './place.ts';
import type { WeightsInput } from './sent-weights.ts';
import { url } from './url.ts';

/** How a page trains. Pictures are read with the limits that `openPictures` got. */
export interface TrainOnOptions extends Omit<CommonTrainOnOptions, 'weights' | 'backend' | 'augment'> {
  /** How pictures are augmented, by name: a function would not come to the worker that trains. */
  readonly augment?: AugmentationName | undefined;
  /**
   * Run folder in this site's private file system, `opfs:runs/pets`, for checkpoints, metrics and settings: a run goes on from there
   * after its tab was closed, with `resume`, and in Node once it is exported. Nothing is written without it.
   */
  readonly out?: string | undefined;
  /** Weights to begin with, as `loadClassifier` takes them. */
  readonly weights?: WeightsInput | undefined;
  /** What computes, from `createBackend`; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: WebBackend | undefined;
  /** Where the package's files are, if a backend is to be made: as `createBackend` takes it. */
  readonly base?: WebBackendOptions['base'];
}

const kinds: Kinds<TrainOnOptions> = {
  ...commonTrainOnKinds,
  augment: oneOf(...augmentationNames),
  // With messages of their own.
  loss: anything,
  weights: anything,
  out: place,
  base: url,
};

/** Throws a `UsageError` for options that `trainOn` of a page has not: plain JavaScript may give anything. */
export function checkTrainOptions(options: TrainOnOptions): void {
  checkOptions('trainOn', options, kinds);
  const { backend, threads, base, loss } = options;
  if (typeof loss === 'function') {
    throw new UsageError(
      "trainOn: a loss of one's own does not reach the worker that trains: name one ('bce', 'focal', 'mse'), or train in Node",
    );
  }
  const forBackend = Object.entries({ threads, base }).find(([, value]) => value !== undefined);
  if (backend !== undefined && forBackend !== undefined) {
    throw new UsageError(
      `trainOn: ${forBackend[0]} ${described(forBackend[1])} is for a backend that it makes itself: give it to createBackend`,
    );
  }
}
