import { UsageError } from '../base/errors.ts';
import type { Recipe } from './recipe.ts';

/** Stands for `learning-rates.ts` in the engine of a page that trains, where all parameters learn at one rate. */
export function learningRateScales(_: unknown, { learningRateScale }: Recipe): () => number {
  if (learningRateScale === undefined) return () => 1;
  throw new UsageError('learningRateScale is not for this script: the complete one has it');
}

export function beginnings(): undefined {
  return undefined;
}
