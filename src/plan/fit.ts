import type { Plan } from './plan.ts';

/** The largest batch below `tooLarge` whose plan takes at most `limit` bytes, by bisection; 0 if not even one picture fits. */
export function largestFit(tooLarge: number, limit: number, planFor: (batch: number) => Plan): number {
  let fits = 0;
  let fails = tooLarge;
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (planFor(middle).peakBytes <= limit) fits = middle;
    else fails = middle;
  }
  return fits;
}
