import { CardinalError } from '../base/errors.ts';
import type { Pair } from '../graph/op-table.ts';

/** A size for both directions, or [vertical, horizontal]. */
export type Size = number | Pair;

/** Throws a `CardinalError` unless `value` is a whole number of at least `least`. */
export function whole(module: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) {
    throw new CardinalError(
      `${module}: expected ${name} to be a whole number of at least ${least}, got ${value}`,
    );
  }
  return value;
}

export function pair(module: string, name: string, size: Size, least: number): Pair {
  const [vertical, horizontal] = typeof size === 'number' ? [size, size] : size;
  return [whole(module, name, vertical, least), whole(module, name, horizontal, least)];
}

/** A share in [0, 1), or a `CardinalError`. */
export function share(module: string, name: string, value: number): number {
  if (!(value >= 0 && value < 1)) {
    throw new CardinalError(`${module}: expected ${name} of at least 0 and below 1, got ${value}`);
  }
  return value;
}
