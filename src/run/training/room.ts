import { plainTarget } from '../../backends/cpu.ts';
import { fitPlan } from '../../train/micro-batches.ts';
import type { Network } from '../../train/network.ts';
import type { Recipe } from '../../train/recipe.ts';

/**
 * Throws a `CardinalError` if no part of a batch fits into memory, whatever computes: so that it is known before pictures of that size are
 * read and measured. Only a backend knows what does fit.
 */
export function requireRoom(
  network: Network,
  recipe: Recipe,
  checkpointActivations: boolean | undefined,
  memoryLimit: number,
): void {
  // A loss of one's own takes no room to speak of, and is not at hand.
  fitPlan(network, plainTarget, { ...recipe, loss: undefined }, { memoryLimit, checkpointActivations });
}
