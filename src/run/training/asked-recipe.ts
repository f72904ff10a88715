import { UsageError } from '../../base/errors.ts';
import { validate } from '../../base/validate.ts';
import type { AugmentationName } from '../../data/augmentation-names.ts';
import type { AskedRecipe } from '../../train/continue.ts';
import { askedLoss } from '../../train/loss.ts';
import { findRecipe, recipeSchema, withOverrides, type Recipe } from '../../train/recipe.ts';
import { checkUnfreezing } from '../../train/unfreeze.ts';
import type { RunOptions } from './options.ts';

/** What the options ask of the recipe, but for an augmentation by name, which depends on the size of the input. */
export function askedRecipe(options: RunOptions): AskedRecipe {
  const { recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing, ...more } = options;
  const { clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance } = more;
  const { learningRateScale, layerDecay, repeats, unfreezeAt, auxiliary } = more;
  if (augmentation !== undefined && augmentNamed(options) !== undefined) {
    throw new UsageError('augment and augmentation are two ways to set the same thing: give one of them');
  }
  return {
    ...{ recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing },
    ...{ clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance },
    ...{ learningRateScale, layerDecay, repeats, unfreezeAt, auxiliary },
    loss: askedLoss(options.loss),
  };
}

/** The augmentation that is asked for by name. */
export function augmentNamed({ augment }: RunOptions): AugmentationName | undefined {
  return typeof augment === 'string' ? augment : undefined;
}

/** The recipe of a run that begins. Throws a `UsageError` for a name that is not known or a number that makes no sense. */
export function chooseRecipe(options: RunOptions): Recipe {
  const { recipe = 'quick', ...overrides } = askedRecipe(options);
  const chosen = typeof recipe === 'string' ? findRecipe(recipe) : validate(recipeSchema, recipe, 'recipe');
  const settled = withOverrides(chosen, overrides);
  if (settled.unfreezeAt !== undefined) checkUnfreezing(settled);
  return settled;
}
