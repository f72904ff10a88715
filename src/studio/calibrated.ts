import { joinedParts } from '../base/joined-bytes.ts';
import { openWeightsFrom } from '../use/opened-weights.ts';
import { withTemperature } from '../use/temperature.ts';
import type { ByteSource } from '../weights/byte-source.ts';

/** The bytes of a checkpoint with a temperature in it; nothing else is changed. Throws a `CardinalError` if it is damaged, or takes none. */
export async function calibrated(source: ByteSource, temperature: number): Promise<Uint8Array> {
  return joinedParts(withTemperature(await openWeightsFrom(source), temperature));
}
