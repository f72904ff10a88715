import { locateWeights, type LocatedWeights } from '../hub/locate.ts';
import type { FetchOptions } from './fetch-blob.ts';

/** Finds weights by the clients of the hub and of the private file system. */
export function locateAny(name: string, { signal, onProgress }: FetchOptions): Promise<LocatedWeights> {
  return locateWeights(name, {
    signal,
    onProgress: ({ received, total }) => onProgress?.({ received, total }),
  });
}
