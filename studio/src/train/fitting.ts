import { findRecipe } from 'cardinal-nn';

/** What a step takes. */
export interface Step {
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Steps of an epoch that a recipe needs at least to mean anything. */
const fewestSteps = 4;

/**
 * For fewer pictures than a batch of a recipe has: the largest power of two of which an epoch has some steps, and the recipe's learning
 * rate made smaller with it. Undefined where the recipe's own will do.
 */
export function fittingStep(recipe: string, pictures: number): Step | undefined {
  const {
    batchSize,
    optimizer: { learningRate },
  } = findRecipe(recipe);
  if (pictures >= batchSize) return undefined;
  const fitting = Math.max(2, 2 ** Math.floor(Math.log2(Math.max(2, pictures / fewestSteps))));
  return { batchSize: fitting, learningRate: (learningRate * fitting) / batchSize };
}
