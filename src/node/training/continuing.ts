import type { RunOptions } from './options.ts';

/**
 * What becomes of an option that is given to a run which is continued:
 *
 * - `free`: how the run is computed, watched and written; results do not depend on it.
 * - `kept`: results do not depend on it either; what is given now replaces what was, in `config.json` too.
 * - `own`: the run has its own, and another value is refused; `epochs` may be more than they were.
 * - `begin`: decides how a run begins. The command line refuses it beside `--resume`. A program, which is called with the
 *   same options again, may repeat it: another value is refused, or, where that cannot be told, it is told to change nothing.
 */
type Rule = 'free' | 'kept' | 'own' | 'begin';

/** The one table of what may be given to a run that is continued, for programs and the command line. */
export const whenContinued: Readonly<Record<keyof RunOptions, Rule>> = {
  resume: 'free',
  takeOver: 'free',
  verify: 'free',
  hub: 'free',
  evaluate: 'free',
  report: 'free',
  backend: 'free',
  threads: 'free',
  blas: 'free',
  checkpointActivations: 'free',
  patience: 'kept',
  checkpointEvery: 'kept',
  checkpointMinutes: 'kept',
  strict: 'kept',
  maxPixels: 'kept',
  decodeSeconds: 'kept',
  seed: 'own',
  valFraction: 'own',
  recipe: 'own',
  epochs: 'own',
  batchSize: 'own',
  learningRate: 'own',
  weightDecay: 'own',
  decayNorms: 'own',
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
  out: 'begin',
  weights: 'begin',
  head: 'begin',
  inChannels: 'begin',
  partial: 'begin',
  freeze: 'begin',
  imageSize: 'begin',
  mean: 'begin',
  std: 'begin',
  preprocessing: 'begin',
};
