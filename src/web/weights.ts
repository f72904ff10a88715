/** The script that reads weights of every kind and knows every network: engines for inference load it when they need it. */
export { loadAnyNetwork } from './engine/load-network.ts';
export { locateAny } from './engine/locate-any.ts';
