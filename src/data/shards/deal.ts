import { Rng } from '../../base/rng.ts';

/**
 * Deals samples to shards so that each has as many as any other and of every class as many, give or take one, in random order.
 * Depends on the seed, the labels and their order alone. Gives the samples of each shard.
 */
export function dealt(labels: Int32Array, shards: number, seed: number): Uint32Array[] {
  const order = Rng.of(seed, 'pack').permutation(labels.length);
  // By class, and within one as they were drawn (sorting is stable): one after the other they go to one shard after the other.
  const byClass = order.sort((a, b) => labels[a] - labels[b]);
  return Array.from({ length: shards }, (_, shard) => {
    const own = byClass.filter((_sample, position) => position % shards === shard);
    return Rng.of(seed, 'pack', shard)
      .permutation(own.length)
      .map((position) => own[position]);
  });
}
