import { freeEntries, paperEntries } from '../../models/resnext-entries.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { loadOwnCheckpoint } from '../../use/own-checkpoint.ts';
import type { NetworkLoader } from './load-network.ts';
import { loadByScript } from './load-by-script.ts';

const networks = [...paperEntries, ...freeEntries];

/**
 * Loads checkpoints of Cardinal's ResNets and ResNeXts at once; for all other weights it loads the script that knows every network and
 * every format.
 */
export const loadCheckpoint: NetworkLoader = async (weights, { verify, ...settings }, scripts) => {
  const plain = Object.values(settings).every((setting) => setting === undefined);
  const own = plain ? await loadOwnCheckpoint(weights.source, networks, { verify }) : undefined;
  if (own === undefined) return loadByScript(weights, { verify, ...settings }, scripts);
  const { model, description, classes, preprocessing } = own;
  return {
    ...{ name: description.name, classes, preprocessing },
    of: (input) => inferenceNetworkOf(model, input, description),
  };
};
