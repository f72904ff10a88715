import { fitPlan } from '../../train/micro-batches.ts';
import type { Network } from '../../train/network.ts';
import type { Recipe } from '../../train/recipe.ts';
import { largestProgram } from '../memory.ts';

/** WebAssembly's addresses, and the reference's limit. */
const addressable = 2 ** 32;

/**
 * Throws a `CardinalError` if no part of a batch fits into memory, whatever computes: so that it is known before pictures of that size are
 * read and measured. Only a backend can tell what does fit.
 */
export function requireRoom(
  network: Network,
  recipe: Recipe,
  checkpointActivations: boolean | undefined,
  most = Math.min(addressable, largestProgram()),
): void {
  fitPlan(network, { workspaceBytes: () => 0 }, recipe, most, { checkpointActivations });
}
