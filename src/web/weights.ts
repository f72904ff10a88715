/** The script of weights of every kind, of every network and of the hub: engines load it when they need it. */
export { loadAnyNetwork } from './engine/load-network.ts';
export { locateWeights } from './hub/locate.ts';
export { openWeightsFrom } from '../use/opened-weights.ts';
