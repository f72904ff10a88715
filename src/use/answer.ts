import { CardinalError } from '../base/errors.ts';
import { topGuesses } from '../train/guess.ts';
import type { Classification } from './classify-each.ts';

/**
 * The most likely classes by a picture's K logits, divided by a temperature if one is known, best first. Throws a `CardinalError` if the
 * logits are no numbers.
 */
export function answerOf(
  network: string,
  logits: Float32Array,
  topK: number,
  classes: readonly string[],
  temperature = 1,
): Classification[] {
  const scaled = requireNumbers(network, logits).map((logit) => logit / temperature);
  return topGuesses(scaled, topK).map((guess) => ({
    class: classes[guess.label],
    ...guess,
  }));
}

/** Throws a `CardinalError` unless a network gave numbers. */
export function requireNumbers(network: string, logits: Float32Array): Float32Array {
  if (logits.every(Number.isFinite)) return logits;
  throw new CardinalError(
    `${network} gives NaN or infinity for this picture: the weights are damaged, or its training diverged`,
  );
}
