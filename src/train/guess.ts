import { requireFloats } from '../base/floats.ts';
import { checkKind, wholeFrom } from '../base/options.ts';

/** One class a network takes a picture for. */
export interface Guess {
  readonly label: number;
  readonly probability: number;
}

/** The likeliest classes of a row of logits, best first, with the softmax's probabilities. */
export function topGuesses(logits: Float32Array, count: number): Guess[] {
  requireFloats(logits, 'topGuesses: the logits');
  checkKind('topGuesses', 'the count', count, wholeFrom(1));
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights
    .map((weight, label) => ({ label, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability || a.label - b.label)
    .slice(0, count);
}
