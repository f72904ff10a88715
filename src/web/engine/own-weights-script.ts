import type { NetworkLoader } from './load-network.ts';
import * as script from '../weights.ts';

/** Stands for `weights-script.ts` in the complete scripts, which have it themselves. */
export function weightsScript(): Promise<typeof script> {
  return Promise.resolve(script);
}

export const loadByScript: NetworkLoader = script.loadAnyNetwork;
