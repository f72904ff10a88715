import { exp } from '../base/portable-math.ts';
import { requireFloats } from '../base/floats.ts';
import { checkKind, wholeFrom } from '../base/options.ts';

/** One predicted class of a picture, with its probability. */
export interface Guess {
  readonly label: number;
  readonly probability: number;
}

/** The most likely classes for one picture, best first, with softmax probabilities, from its row of K logits. */
export function topGuesses(logits: Float32Array, count: number): Guess[] {
  requireFloats(logits, 'topGuesses: the logits');
  checkKind('topGuesses', 'the count', count, wholeFrom(1));
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(logits, (logit) => exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights
    .map((weight, label) => ({ label, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability || a.label - b.label)
    .slice(0, count);
}
