import { CardinalError } from '../base/errors.ts';
import type { Plan } from './plan.ts';

/**
 * The largest batch below `tooLarge` whose plan takes at most `limit` bytes, by bisection; 0 if there is none. A batch that cannot be
 * planned at all (a batch norm in training has nothing to average over one value) is passed over for larger ones.
 */
export function largestFit(tooLarge: number, limit: number, planFor: (batch: number) => Plan): number {
  let largest = 0;
  let below = 0;
  let fails = tooLarge;
  while (fails - below > 1) {
    const middle = Math.floor((below + fails) / 2);
    const bytes = bytesOf(() => planFor(middle));
    if (bytes === undefined) below = middle;
    else if (bytes <= limit) below = largest = middle;
    else fails = middle;
  }
  return largest;
}

function bytesOf(plan: () => Plan): number | undefined {
  try {
    return plan().peakBytes;
  } catch (error) {
    if (error instanceof CardinalError) return undefined;
    throw error;
  }
}
