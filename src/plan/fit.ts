import { CardinalError } from '../base/errors.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { formatShape, type Shape } from '../graph/value.ts';
import type { Plan } from './plan.ts';
import type { Capacity } from './target.ts';

/**
 * Fitting a batch into a device's memory, for everyone who plans: a batch that must stay whole is refused with the one that
 * would fit (`planWithin`); one that may be cut is cut into equal parts (`planInParts`).
 */

/** What of a plan a device has no room for. */
export interface Excess {
  /** The buffer that is too large, if the program as a whole is not. */
  readonly buffer?: string;
  readonly bytes: number;
  /** What the device has. */
  readonly limit: number;
}

/** Undefined if the plan fits. */
export function excessOf(plan: Plan, { maxBytes, maxBufferBytes }: Capacity): Excess | undefined {
  if (plan.peakBytes > maxBytes) return { bytes: plan.peakBytes, limit: maxBytes };
  const large = plan.buffers.find(({ bytes }) => bytes > maxBufferBytes);
  return large && { buffer: large.name, bytes: large.bytes, limit: maxBufferBytes };
}

/**
 * The largest batch below `tooLarge` whose plan fits, by bisection; 0 if there is none. A batch that cannot be planned at all
 * (a batch norm in training has nothing to average over one value) is passed over for larger ones.
 */
export function largestFit(tooLarge: number, capacity: Capacity, planFor: (batch: number) => Plan): number {
  let largest = 0;
  let below = 0;
  let fails = tooLarge;
  while (fails - below > 1) {
    const middle = Math.floor((below + fails) / 2);
    const plan = planned(() => planFor(middle));
    if (plan === undefined) below = middle;
    else if (excessOf(plan, capacity) === undefined) below = largest = middle;
    else fails = middle;
  }
  return largest;
}

function planned(plan: () => Plan): Plan | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof CardinalError) return undefined;
    throw error;
  }
}

/** The plan for all of `input`'s batch. Throws a `CardinalError` with the largest batch that fits if this one does not. */
export function planWithin(
  device: Capacity & { readonly name: string },
  name: string,
  input: Shape,
  planFor: (batch: number) => Plan,
): Plan {
  const plan = planFor(input[0]);
  const excess = excessOf(plan, device);
  if (excess === undefined) return plan;
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const what = excess.buffer === undefined ? 'a program' : `a tensor '${excess.buffer}'`;
  const fits = largestFit(input[0], device, planFor);
  const advice = fits === 0 ? 'use smaller pictures' : `use a batch of at most ${fits}`;
  throw new CardinalError(
    `${name}: expected ${what} within ${gibibytes(excess.limit)} (${device.name}), got ${gibibytes(excess.bytes)} for input ${formatShape(input)}; ${advice}`,
  );
}

/** A plan for the largest part that fits; or, if none does, what is too large of the largest and of the smallest. */
export type Parts<Size> =
  | { readonly size: Size; readonly plan: Plan }
  | { readonly size: undefined; readonly largest: Excess; readonly smallest: Excess };

/**
 * Plans for the first of `sizes`, largest first, that fits: batch sizes, or lists of those of one program. Planning takes a while: where
 * the smallest does not fit, those in between are not tried.
 */
export function planInParts<Size>(
  sizes: readonly Size[],
  capacity: Capacity,
  planFor: (size: Size) => Plan,
): Parts<Size> {
  const attempt = (size: Size) => {
    const plan = planFor(size);
    return { size, plan, excess: excessOf(plan, capacity) };
  };
  const largest = attempt(sizes[0]);
  if (largest.excess === undefined) return largest;
  const smallest = sizes.length === 1 ? largest : attempt(sizes[sizes.length - 1]);
  if (smallest.excess !== undefined) {
    return { size: undefined, largest: largest.excess, smallest: smallest.excess };
  }
  for (const size of sizes.slice(1, -1)) {
    const part = attempt(size);
    if (part.excess === undefined) return part;
  }
  return smallest;
}

/** Largest first. */
export function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => n - i).filter((size) => n % size === 0);
}

/** "takes 300 MiB, there are 200 MiB". */
export function excessInWords({ buffer, bytes, limit }: Excess, has = 'there are'): string {
  const where = buffer === undefined ? '' : ` for its tensor '${buffer}'`;
  return `takes ${mebibytes(bytes)}${where}, ${has} ${mebibytes(limit)}`;
}
