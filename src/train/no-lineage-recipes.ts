/**
 * Stands for `lineage-recipes.ts`, `recipe-parts.ts` and `data/repeats.ts` in the scripts of a page: there are no such recipes, and one
 * that has what only they have is refused.
 */
export const recipeParts = {};

export function lineageRecipes(): object {
  return {};
}

/** Factors of learning rates are refused where they would count. */
export { lossSchema as learningRateScaleSchema } from './no-loss.ts';

export function factorPairs(): readonly [] {
  return [];
}

export function trainingInput<T>(input: T): T {
  return input;
}

/** `repeats` is not among a recipe's parts. */
export function repeated<T>(samples: T): T {
  return samples;
}

export function withoutDropPath(): undefined {
  return undefined;
}

export { trainingInput as trainingPreprocessing, trainingInput as withDropPath };
