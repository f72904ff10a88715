import { CardinalError } from '../base/errors.ts';

/** More than any network has; a budget beyond it is a slip. */
const widest = 2 ** 20;

/**
 * The rounding rule of every trade-off: the whole number d ≥ 1 whose cost is nearest to the budget, and of two that are
 * equally near the smaller one. It gives the widths of the ResNeXt paper's Table 2. `costOf` must not fall as d grows.
 * Throws a `CardinalError` if the budget is no positive number or asks for more than 2²⁰ channels.
 */
export function nearestWidth(costOf: (width: number) => number, budget: number): number {
  if (!(budget > 0 && budget < Infinity)) {
    throw new CardinalError(`trade-off: expected a budget above 0, got ${budget}`);
  }
  // Doubling, then bisection: `low` always costs at most the budget (or is 1), `high` more.
  let low = 1;
  let high = 2;
  while (costOf(high) <= budget) {
    low = high;
    high *= 2;
    if (high > widest) {
      throw new CardinalError(`trade-off: expected a budget for widths up to ${widest}, got ${budget}`);
    }
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (costOf(middle) <= budget) low = middle;
    else high = middle;
  }
  return Math.abs(costOf(high) - budget) < Math.abs(costOf(low) - budget) ? high : low;
}
