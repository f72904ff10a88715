import { isDeepStrictEqual } from 'node:util';
import { smallest } from '../../base/extremes.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import { augmentationNamed } from '../../data/augmentations.ts';
import { count } from '../../report/format.ts';
import type { Checkpoint, TrainingState } from '../../train/checkpoint.ts';
import { continuedRecipe, rateAfterwards, recipeDifference } from '../../train/continue.ts';
import { patience } from '../../train/early-stopping.ts';
import type { TrainFlags } from './flags.ts';
import { overridesOf, repeatCommand } from './configure.ts';
import type { RunConfig } from './run-config.ts';
import { givenLimits } from '../flags/pictures.ts';

/**
 * The settings with which a run goes on: the same object if nothing is new. Throws a `UsageError` if others are asked for than
 * it has; it may become longer, and be checked or stopped at other times.
 */
export function continuedConfig(path: string, config: RunConfig, asked: Partial<TrainFlags>): RunConfig {
  const has = { ...config, model: config.model.name };
  for (const key of ['model', 'seed', 'valFraction', 'strict'] as const) {
    const given = asked[key];
    if (given !== undefined && given !== has[key]) {
      throw new UsageError(
        `${path} has ${key} ${String(has[key])}, not ${String(given)}: it goes on with its own settings, so leave that out or begin another run`,
      );
    }
  }
  const {
    recipe: name,
    patience: epochs = config.patience,
    checkpointEvery = config.checkpointEvery,
    maxPixels = config.maxPixels,
    decodeSeconds = config.decodeSeconds,
    checkpointMinutes = config.checkpointMinutes,
  } = asked;
  const augmentation = asked.augment && augmentationNamed(asked.augment, smallest(config.preprocessing.size));
  const recipe = continuedRecipe(config.recipe, { recipe: name, ...overridesOf(asked), augmentation }, path);
  const isSame =
    recipe.epochs === config.recipe.epochs &&
    epochs === config.patience &&
    checkpointEvery === config.checkpointEvery &&
    maxPixels === config.maxPixels &&
    decodeSeconds === config.decodeSeconds &&
    checkpointMinutes === config.checkpointMinutes;
  if (isSame) return config;
  return {
    ...config,
    // Both are needed to repeat it.
    command: `${config.command} && ${repeatCommand()}`,
    recipe,
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(checkpointMinutes === undefined ? {} : { checkpointMinutes }),
    ...(epochs === undefined ? {} : { patience: epochs }),
    ...givenLimits({ maxPixels, decodeSeconds }),
  };
}

/**
 * Throws a `CardinalError` unless `config.json` says of a run what its checkpoint does: whoever edited it would get a run that is
 * neither what it was nor what the file says. Its data may lie elsewhere by now, and it may have become longer.
 */
export function requireUnedited(
  path: string,
  { seed, recipe, model, preprocessing, valFraction }: RunConfig,
  checkpoint: Checkpoint,
  training: TrainingState,
): void {
  const heldOut = checkpoint.pictures?.at(0)?.heldOut;
  const settings: Record<string, readonly [unknown, unknown]> = {
    seed: [training.seed, seed],
    model: [checkpoint.model.name, model.name],
    'model.options': [checkpoint.model.options, model.options],
    preprocessing: [checkpoint.preprocessing, preprocessing],
    ...(heldOut === undefined ? {} : { valFraction: [heldOut.fraction, valFraction] }),
    ...(recipe.epochs < training.recipe.epochs ? { epochs: [training.recipe.epochs, recipe.epochs] } : {}),
  };
  const other = Object.entries(settings).find(([, [has, says]]) => !isDeepStrictEqual(has, says));
  const text = (value: unknown): string => shortened(JSON.stringify(value));
  const difference =
    other === undefined
      ? recipeDifference(training.recipe, recipe)
      : `${other[0]} ${text(other[1][0])}, not ${text(other[1][1])}`;
  if (difference === undefined) return;
  throw new CardinalError(
    `${path}/config.json was edited: the run has ${difference}; put it back, or begin another run`,
  );
}

/** What is told of a run that goes on. */
export function continuingLines(
  path: string,
  { recipe, patience: limit }: RunConfig,
  { progress, recipe: before }: TrainingState,
): string[] {
  const { step, epoch, batch } = progress;
  const { epochs, schedule } = recipe;
  const longer = schedule.kind === 'cosine' ? '' : ' (to train it for longer, give --epochs)';
  const isTired = limit !== undefined && batch === 0 && patience(limit)([], progress);
  return [
    epoch < epochs
      ? `continuing ${path} at step ${count(step)}, in epoch ${epoch + 1} of ${epochs}`
      : `${path} has finished its ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}: evaluating it again${longer}`,
    ...(before.epochs === epochs ? [] : [rateAfterwards(before, recipe)]),
    ...(epoch < epochs && isTired
      ? [
          `validation has not improved for ${limit === 1 ? '1 epoch' : `${limit} epochs`}: to go on all the same, give a larger --patience`,
        ]
      : []),
  ];
}
