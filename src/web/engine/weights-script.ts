import { CardinalError } from '../../base/errors.ts';
import { unreachable } from '../load-failure.ts';
import { loadOnDemand } from '../on-demand.ts';
import type * as script from '../weights.ts';
import type { NetworkLoader } from './load-network.ts';

/** What finds, opens and loads weights of every kind. Throws a `CardinalError` if it cannot be loaded. */
export async function weightsScript(url: string): Promise<typeof script> {
  try {
    return (await loadOnDemand(url)) as typeof script;
  } catch (error) {
    throw new CardinalError(`${url}, which reads such weights, cannot be loaded: ${unreachable(error)}`, {
      cause: error,
    });
  }
}

/** Loads the network of weights by a script of its own. */
export const loadByScript: NetworkLoader = async (weights, settings, means) => {
  const { loadAnyNetwork } = await weightsScript(means.scripts.weights);
  return loadAnyNetwork(weights, settings, means);
};
