import type { RunOptions } from './options.ts';

/**
 * What becomes of an option that is given to a run which is continued:
 *
 * - `free`: how the run is computed, watched and written; results do not depend on it.
 * - `kept`: results do not depend on it either; what is given now replaces what was, in `config.json` too.
 * - `own`: the run has its own, and another value is refused; `epochs` may be more than they were.
 * - `begin`: decides how a run begins, and is compared as well, for a program that is called with the same options again. The
 *   command line refuses it beside `--resume`; `mean` and `std` are its own, so they are never compared.
 * - `past`: decides how a run begins, but nothing is left to compare it with: a program gets a warning that it has no effect.
 */
export type WhenContinued = 'free' | 'kept' | 'own' | 'begin' | 'past';

/** The one table of what may be given to a run that is continued, by a program or on the command line. */
export const whenContinued = {
  out: 'free',
  resume: 'free',
  takeOver: 'free',
  verify: 'free',
  evaluate: 'free',
  report: 'free',
  backend: 'free',
  threads: 'free',
  blas: 'free',
  checkpointActivations: 'free',
  patience: 'kept',
  checkpointEvery: 'kept',
  checkpointMinutes: 'kept',
  labels: 'kept',
  strict: 'kept',
  maxPixels: 'kept',
  decodeSeconds: 'kept',
  seed: 'own',
  valFraction: 'own',
  syncBatchNorm: 'own',
  recipe: 'own',
  epochs: 'own',
  batchSize: 'own',
  learningRate: 'own',
  weightDecay: 'own',
  decayNorms: 'own',
  learningRateScale: 'own',
  unfreezeAt: 'own',
  momentum: 'own',
  labelSmoothing: 'own',
  clipNorm: 'own',
  accumulate: 'own',
  ema: 'own',
  mixup: 'own',
  cutmix: 'own',
  augment: 'own',
  augmentation: 'own',
  balance: 'own',
  loss: 'own',
  layerDecay: 'own',
  repeats: 'own',
  auxiliary: 'own',
  freeze: 'begin',
  imageSize: 'begin',
  mean: 'begin',
  std: 'begin',
  preprocessing: 'begin',
  weights: 'past',
  head: 'past',
  inChannels: 'past',
  partial: 'past',
} as const satisfies Readonly<Record<keyof RunOptions, WhenContinued>>;

type Table = typeof whenContinued;
type OptionThatIs<Rule extends WhenContinued> = {
  [Option in keyof Table]: Table[Option] extends Rule ? Option : never;
}[keyof Table];

/** The options of which that becomes. */
export function optionsThatAre<Rule extends WhenContinued>(rule: Rule): OptionThatIs<Rule>[] {
  return Object.entries(whenContinued).flatMap(([option, is]) =>
    is === rule ? [option as OptionThatIs<Rule>] : [],
  );
}
