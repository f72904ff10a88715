import { smallest } from '../base/extremes.ts';
import { UsageError } from '../base/errors.ts';
import { augmentationNamed } from '../data/augmentations.ts';
import { count } from '../report/format.ts';
import type { TrainingState } from '../train/checkpoint.ts';
import { continuedRecipe, rateAfterwards } from '../train/continue.ts';
import { patience } from '../train/early-stopping.ts';
import type { TrainFlags } from './commands/train.ts';
import { overridesOf, repeatCommand } from './configure.ts';
import type { RunConfig } from './run-config.ts';

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
  } = asked;
  const augmentation = asked.augment && augmentationNamed(asked.augment, smallest(config.preprocessing.size));
  const recipe = continuedRecipe(config.recipe, { recipe: name, ...overridesOf(asked), augmentation }, path);
  const isSame =
    recipe.epochs === config.recipe.epochs &&
    epochs === config.patience &&
    checkpointEvery === config.checkpointEvery;
  if (isSame) return config;
  return {
    ...config,
    // Both are needed to repeat it.
    command: `${config.command} && ${repeatCommand()}`,
    recipe,
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(epochs === undefined ? {} : { patience: epochs }),
  };
}

/** What is told of a run that goes on. */
export function continuingLines(
  path: string,
  { recipe, patience: limit }: RunConfig,
  { progress, recipe: before }: TrainingState,
): string[] {
  const { step, epoch, batch, history } = progress;
  const { epochs, schedule } = recipe;
  const longer = schedule.kind === 'cosine' ? '' : ' (to train it for longer, give --epochs)';
  const isTired = limit !== undefined && batch === 0 && patience(limit)(history);
  return [
    epoch < epochs
      ? `continuing ${path} at step ${count(step)}, in epoch ${epoch + 1} of ${epochs}`
      : `${path} has had its ${epochs} epochs: it is evaluated again${longer}`,
    ...(before.epochs === epochs ? [] : [rateAfterwards(before, recipe)]),
    ...(epoch < epochs && isTired
      ? [
          `validation has not improved for ${limit === 1 ? '1 epoch' : `${limit} epochs`}: to go on all the same, give a larger --patience`,
        ]
      : []),
  ];
}
