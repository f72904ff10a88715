import { CardinalError } from '../base/errors.ts';

/** Throws a `CardinalError` unless there is a name for each class of a network. */
export function requireNames(network: string, count: number, names: readonly string[]): void {
  if (names.length === count) return;
  const given = names.length === 1 ? 'is 1 name' : `are ${names.length} names`;
  throw new CardinalError(`${network} has ${count} classes, but there ${given} for them: give one for each`);
}
