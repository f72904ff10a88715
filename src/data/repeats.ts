/** Samples of a batch, and how often each was in its epoch before; see `ScheduledBatch`. */
interface Samples {
  readonly indices: Uint32Array;
  readonly repeats?: Uint32Array | undefined;
}

/**
 * Repeated augmentation (Hoffer et al. 2020): an order in which each sample comes `times` times, one turn behind the other, cut to as many
 * samples as there were. In a batch the first turns of all its samples come before the second ones, so that mixing takes no picture with
 * itself, and several ranks have different turns of it.
 *
 * @returns the samples at these places of the order, of batches of `batchSize`
 */
export function repeated({ indices, repeats }: Samples, times: number, batchSize: number): Required<Samples> {
  const order = new Uint32Array(indices.length);
  for (let start = 0, at = 0; start < order.length; start += batchSize) {
    const end = Math.min(start + batchSize, order.length);
    for (let turn = 0; turn < times; turn++) {
      // The first place of the batch that has this turn.
      const first = start + ((turn - (start % times) + times) % times);
      for (let place = first; place < end; place += times) order[at++] = place;
    }
  }
  const sourceOf = (place: number): number => Math.floor(place / times);
  return {
    indices: order.map((place) => indices[sourceOf(place)]),
    repeats: order.map((place) => (repeats?.[sourceOf(place)] ?? 0) * times + (place % times)),
  };
}
