import { CardinalError } from '../base/errors.ts';
import { exp } from '../base/portable-math.ts';
import type { Targets } from '../data/task.ts';
import type { Classification } from './classify-each.ts';

/**
 * The labels of a picture by its K logits, best first, with the probability of each by itself: those over one half, or the `topK` likeliest.
 * Numbers have no probabilities: then it throws a `CardinalError`.
 */
export function taskAnswer(
  task: Targets['task'],
  network: string,
  logits: Float32Array,
  topK: number | undefined,
  classes: readonly string[],
): Classification[] {
  if (task === 'numbers') {
    throw new CardinalError(
      `${network} gives numbers (${classes.slice(0, 3).join(', ')}${classes.length > 3 ? ', …' : ''}), not classes: cardinal predict prints them, and classifier.logits has them`,
    );
  }
  return Array.from(logits, (logit, label) => ({
    class: classes[label],
    label,
    probability: 1 / (1 + exp(-logit)),
  }))
    .filter(({ probability }) => topK !== undefined || probability > 0.5)
    .sort((a, b) => b.probability - a.probability || a.label - b.label)
    .slice(0, topK);
}
