import type { ByteSource } from '../weights/byte-source.ts';
import { loadFrom, type Trained } from '../use/trained.ts';
import { openWeightsFrom } from '../use/opened-weights.ts';

/** The network of a checkpoint, with its weights. Throws a `CardinalError` if it is damaged, or does not say of what network it is. */
export async function trainedFrom(source: ByteSource): Promise<Trained> {
  return loadFrom(await openWeightsFrom(source), {});
}
