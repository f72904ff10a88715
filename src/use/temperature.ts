import { CardinalError, UsageError } from '../base/errors.ts';
import { safetensorsParts } from '../weights/safetensors.ts';
import type { OpenedWeights } from './opened-weights.ts';

/**
 * The bytes of a checkpoint with a temperature in it: the same tensors, and everything else that it says. Throws a `UsageError` if
 * it is no checkpoint of Cardinal's, or of labels or numbers; a `CardinalError` if some of its tensors cannot be read.
 */
export function withTemperature(
  { name, archive, description, unreadable }: OpenedWeights,
  temperature: number,
): AsyncIterable<Uint8Array> {
  if (description === undefined) {
    throw new UsageError(
      `${name} holds bare weights, which say nothing of themselves: cardinal convert makes a checkpoint of them`,
    );
  }
  if (description.task !== undefined) {
    throw new UsageError(
      `${name} predicts ${description.task}: a temperature is for classes of which one is true`,
    );
  }
  if (unreadable.size > 0) {
    throw new CardinalError(`${name}: some of its tensors cannot be read, and would be lost`);
  }
  const metadata = { ...Object.fromEntries(archive.metadata), temperature: JSON.stringify(temperature) };
  return safetensorsParts(archive.tensors, metadata);
}
