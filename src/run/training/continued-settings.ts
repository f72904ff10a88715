import { smallest } from '../../base/extremes.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { validate } from '../../base/validate.ts';
import { VERSION } from '../../base/version.ts';
import { augmentationNamed } from '../../data/augmentations.ts';
import { preprocessingSchema } from '../../data/preprocessing.ts';
import { listModels, modelInfo } from '../../models/registry.ts';
import { Module } from '../../nn/module.ts';
import { continuedRecipe } from '../../train/continue.ts';
import { lastFile } from '../folder/checkpoints.ts';
import type { FilePlatform } from '../folder/file-system.ts';
import { askedRecipe, augmentNamed } from './asked-recipe.ts';
import type { RunConfig } from './config.ts';
import { optionsThatAre } from './continuing.ts';
import type { RunRequest } from './options.ts';
import { requireOwnParts } from './own-parts.ts';
import type { LastCheckpoint } from './prepared.ts';
import { usualOpening } from './settings.ts';
import { withoutUndefined } from './without.ts';

/**
 * The settings with which a run goes on: the same object if nothing is new. `whenContinued` says what may be: it may become
 * longer, and what is `kept` may change. Throws a `UsageError` if others are asked for than it has.
 */
export function continuedSettings(
  path: string,
  config: RunConfig,
  request: RunRequest,
  { paths }: Pick<FilePlatform, 'paths'>,
): RunConfig {
  requireOwn(path, config, request);
  requireOwnParts(path, config, request);
  const { source, options, command } = request;
  const augment = augmentNamed(options);
  const asked = askedRecipe(options);
  const named = augment && augmentationNamed(augment, smallest(config.preprocessing.size));
  const augmentation = named ?? asked.augmentation;
  const recipe = continuedRecipe(config.recipe, { ...asked, augmentation }, `the run in ${path}`);
  const folder = typeof source === 'object' ? source.path : source;
  const isOwn = typeof source === 'object' && source.kind === 'own';
  const data = folder === undefined ? config.data : isOwn ? folder : paths.resolve(folder);
  const kept = optionsThatAre('kept').map((option) => [option, options[option] ?? config[option]] as const);
  const isSame =
    recipe.epochs === config.recipe.epochs &&
    data === config.data &&
    kept.every(([option, value]) => value === config[option]);
  if (isSame) return config;
  const { command: begun, ...rest } = config;
  return {
    ...rest,
    // Both are needed to repeat it; what a program did is not known.
    ...(begun === undefined || command === undefined ? {} : { command: `${begun} && ${command}` }),
    data,
    recipe,
    ...withoutUndefined(Object.fromEntries(kept)),
  };
}

/** Throws a `UsageError` if what a run has of its own is asked for otherwise; its recipe is compared elsewhere. */
function requireOwn(path: string, config: RunConfig, { model, options }: RunRequest): void {
  const { seed, valFraction, syncBatchNorm, imageSize, preprocessing } = options;
  const refuse = (what: string, has: unknown, given: unknown): never => {
    throw new UsageError(
      `the run in ${path} has ${what} ${JSON.stringify(has)}, not ${JSON.stringify(given)}: leave it out, or begin another run`,
    );
  };
  if (seed !== undefined && seed !== config.seed) refuse('seed', config.seed, seed);
  const { syncBatchNorm: synced = true } = config;
  if (syncBatchNorm !== undefined && syncBatchNorm !== synced) refuse('syncBatchNorm', synced, syncBatchNorm);
  if (valFraction !== undefined && valFraction !== config.valFraction) {
    throw new UsageError(
      `valFraction: the run to continue has its own, ${config.valFraction}: leave it out, or begin another run`,
    );
  }
  const { size } = config.preprocessing;
  if (imageSize !== undefined && size.some((side) => side !== imageSize)) {
    refuse('input size', size, imageSize);
  }
  if (preprocessing !== undefined) {
    const [has, asked] = [config.preprocessing, preprocessing].map((each) =>
      JSON.stringify(validate(preprocessingSchema, each, 'preprocessing')),
    );
    if (has !== asked) refuse('preprocessing', config.preprocessing, preprocessing);
  }
  if (model instanceof Module) return;
  const own = config.model;
  if (model.name !== undefined && model.name !== own.name) {
    throw new UsageError(
      `${path}/${lastFile} is a checkpoint of ${own.name}, not of ${model.name}: the run goes on with its own network, so name that or begin another run`,
    );
  }
  if (!listModels().includes(own.name)) return;
  const has: Readonly<Record<string, unknown>> = { ...modelInfo(own.name, own.options).options };
  for (const [key, given] of Object.entries({ ...model.options })) {
    if (given !== undefined && JSON.stringify(has[key]) !== JSON.stringify(given)) {
      refuse(`${own.name} with ${key}`, has[key], given);
    }
  }
}

/** The settings of a run that an earlier version began without writing them down, as its checkpoint and the program say. */
export function settingsOfCheckpoint(
  path: string,
  { source, options }: RunRequest,
  { model, preprocessing = options.preprocessing, pictures, training }: LastCheckpoint,
  { paths }: Pick<FilePlatform, 'paths'>,
): RunConfig {
  if (preprocessing === undefined) {
    throw new CardinalError(
      `${path}/${lastFile} does not say how its pictures were prepared: give the preprocessing`,
    );
  }
  const { valFraction = usualOpening.valFraction, strict = usualOpening.strict } = options;
  const { recipe, seed, frozen } = training;
  return {
    cardinal: VERSION,
    startedAt: new Date().toISOString(),
    data: paths.resolve(typeof source === 'object' ? source.path : (source ?? '')),
    model,
    recipe,
    seed,
    // Older checkpoints do not say which pictures they were trained on.
    valFraction: pictures === undefined ? valFraction : (pictures.at(0)?.heldOut?.fraction ?? 0),
    strict,
    preprocessing,
    ...(frozen === undefined ? {} : { freeze: frozen }),
  };
}
