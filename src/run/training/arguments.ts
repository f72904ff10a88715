import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import {
  abortSignal,
  anything,
  callback,
  finite,
  flag,
  oneOf,
  record,
  text,
  texts,
  numberFrom,
  wholeFrom,
  type Kinds,
} from '../../base/options.ts';
import { quoted } from '../../base/quoted.ts';
import { augmentationNames } from '../../data/augmentation-names.ts';
import { pictureLimitKinds } from '../../data/picture-limits.ts';
import { Module } from '../../nn/module.ts';
import { backendKind } from '../../session/arguments.ts';
import type { TrainOnOptions } from './options.ts';

/** Options for pictures that are opened by their path. */
const pathKinds = { valFraction: finite, labels: text, ...pictureLimitKinds };

/** Options of `trainOn` on every platform. */
export type CommonTrainOnOptions = Omit<TrainOnOptions, keyof typeof pathKinds | 'blas'>;

/** What each of them may be; numbers of the recipe are checked with the whole recipe. */
export const commonTrainOnKinds: Kinds<CommonTrainOnOptions> = {
  recipe: {
    expected: 'the name of a recipe, or one as findRecipe gives it',
    is: (value) => text.is(value) || record.is(value),
  },
  out: text,
  resume: { expected: "true, false or 'auto'", is: (value) => flag.is(value) || value === 'auto' },
  takeOver: flag,
  verify: flag,
  weights: text,
  head: oneOf('keep', 'reset'),
  inChannels: { expected: '1 or 3, as pictures have', is: (value) => value === 1 || value === 3 },
  partial: flag,
  freeze: texts,
  onEvent: callback,
  evaluate: flag,
  report: flag,
  signal: abortSignal,
  patience: wholeFrom(1),
  checkpointEvery: wholeFrom(1),
  checkpointMinutes: numberFrom(0),
  checkpointActivations: flag,
  syncBatchNorm: flag,
  seed: finite,
  imageSize: wholeFrom(1),
  preprocessing: record,
  backend: backendKind,
  threads: wholeFrom(1),
  epochs: anything,
  batchSize: anything,
  learningRate: anything,
  weightDecay: anything,
  decayNorms: anything,
  learningRateScale: anything,
  unfreezeAt: anything,
  momentum: anything,
  labelSmoothing: anything,
  clipNorm: anything,
  accumulate: anything,
  ema: anything,
  mixup: anything,
  cutmix: anything,
  augmentation: anything,
  augment: {
    expected: `${oneOf(...augmentationNames).expected}, or a function`,
    is: (value) => oneOf(...augmentationNames).is(value) || callback.is(value),
  },
  balance: anything,
  loss: anything,
  layerDecay: anything,
  repeats: anything,
  auxiliary: anything,
  strict: flag,
};

/** What each option may be where pictures have paths and there are native libraries. */
export const trainOnKinds: Kinds<TrainOnOptions> = { ...commonTrainOnKinds, ...pathKinds, blas: flag };

/** Pictures that are open, for `checkTrainOn`. */
export function isOpenData(value: unknown): boolean {
  return record.is(value) && 'classes' in Object(value) && 'train' in Object(value);
}

/** Throws a `UsageError` for what is no network to train: plain JavaScript may call with anything. */
export function checkNetwork(model: unknown): void {
  if (model instanceof Module || isNamed(model)) return;
  const advice = typeof model === 'string' ? `: { name: ${quoted(model)} } is one` : '';
  throw new UsageError(
    `trainOn: expected the network to be a module, or { name, options } of the registry, got ${described(model)}${advice}`,
  );
}

function isNamed(model: unknown): boolean {
  return record.is(model) && typeof Reflect.get(Object(model) as object, 'name') === 'string';
}
