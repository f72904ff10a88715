import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import type { Pair } from '../graph/op-table.ts';
import { formatShape, type Shape } from '../graph/value.ts';

/** A size for both directions, or [vertical, horizontal]. */
export type Size = number | Pair;

/** Throws a `CardinalError` unless `value` is a whole number of at least `least`. */
export function whole(module: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) {
    throw new CardinalError(
      `${module}: expected ${name} to be a whole number of at least ${least}, got ${described(value)}`,
    );
  }
  return value;
}

/** Throws a `CardinalError` unless `size` is one whole number of at least `least`, or two of them. */
export function pair(module: string, name: string, size: Size, least: number): Pair {
  if (typeof size === 'number') return [whole(module, name, size, least), size];
  // A caller in plain JavaScript may give anything.
  const given: unknown = size;
  if (!Array.isArray(given) || given.length !== 2) {
    throw new CardinalError(
      `${module}: expected ${name} to be a whole number or [vertical, horizontal], got ${described(given)}`,
    );
  }
  return [whole(module, name, size[0], least), whole(module, name, size[1], least)];
}

/** A share in [0, 1), or a `CardinalError`. */
export function share(module: string, name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0 && value < 1)) {
    throw new CardinalError(`${module}: expected ${name} of at least 0 and below 1, got ${described(value)}`);
  }
  return value;
}

/** A finite number, or a `CardinalError`. */
export function finiteNumber(module: string, name: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw new CardinalError(`${module}: expected ${name} to be a finite number, got ${described(value)}`);
  }
  return value;
}

/** A list of whole numbers above 0, or a `UsageError`; `form` names them: "N×C×H×W". */
export function sizes(what: string, name: string, shape: Shape, form: string): Shape {
  const given: unknown = shape;
  if (Array.isArray(given) && given.every((size) => Number.isInteger(size) && size >= 1)) return shape;
  const numbers = Array.isArray(given) && given.length > 0 && given.every((size) => typeof size === 'number');
  throw new UsageError(
    `${what}: expected ${name} to be ${form}, an array of whole numbers above 0, got ${numbers ? formatShape(shape) : described(given)}`,
  );
}
