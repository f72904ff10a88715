import { CardinalError } from '../base/errors.ts';

/**
 * The width multiplier α of a network (Howard et al. 2017, "MobileNets", section 3.3): a function that makes every number of
 * channels α times as large, rounded, at least 1. Throws a `CardinalError` unless α is above 0.
 */
export function widthOf(alpha: number): (channels: number) => number {
  if (!(alpha > 0)) throw new CardinalError(`expected a widthMultiplier above 0, got ${alpha}`);
  return (channels) => Math.max(1, Math.round(channels * alpha));
}
