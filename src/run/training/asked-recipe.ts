import { UsageError } from '../../base/errors.ts';
import { validate } from '../../base/validate.ts';
import type { AskedRecipe } from '../../train/continue.ts';
import { findRecipe, recipeSchema, withOverrides, type Recipe } from '../../train/recipe.ts';
import type { RunOptions } from './options.ts';

/** What the options ask of the recipe, but for an augmentation by name, which depends on the size of the input. */
export function askedRecipe(options: RunOptions): AskedRecipe {
  const { recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing, ...more } = options;
  const { clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance } = more;
  if (augmentation !== undefined && more.augment !== undefined) {
    throw new UsageError('augment and augmentation are two ways to set the same thing: give one of them');
  }
  return {
    ...{ recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing },
    ...{ clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance },
  };
}

/** The recipe of a run that begins. Throws a `UsageError` for a name that is not known or a number that makes no sense. */
export function chooseRecipe(options: RunOptions): Recipe {
  const { recipe = 'quick', ...overrides } = askedRecipe(options);
  const chosen = typeof recipe === 'string' ? findRecipe(recipe) : validate(recipeSchema, recipe, 'recipe');
  return withOverrides(chosen, overrides);
}
