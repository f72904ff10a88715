import { checkpointEntries } from '../../models/checkpoint-entries.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { loadOwnCheckpoint } from '../../use/own-checkpoint.ts';
import type { NetworkLoader } from './load-network.ts';
import { loadByScript } from './weights-script.ts';

/**
 * Loads checkpoints of Cardinal's ResNets and ResNeXts at once; for all other weights it loads the script that knows every network and
 * every format.
 */
export const loadCheckpoint: NetworkLoader = async (weights, { verify, ...settings }, means) => {
  const plain = Object.values(settings).every((setting) => setting === undefined);
  const own = plain ? await loadOwnCheckpoint(weights.source, checkpointEntries, { verify }) : undefined;
  if (own === undefined) return loadByScript(weights, { verify, ...settings }, means);
  const { model, description, classes, preprocessing, temperature } = own;
  return {
    ...{ name: description.name, classes, preprocessing, temperature },
    of: (input) => Promise.resolve(inferenceNetworkOf(model, input, description)),
  };
};
