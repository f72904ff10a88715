import { CardinalError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';

/** Honest names have some dozens of characters; programs hold every one against patterns. */
const longestName = 1000;

/** Throws a `CardinalError` for a tensor's name that no program gives one: too long, or no text. */
export function requireTensorName(name: string, source: string): void {
  if (name.length > longestName) {
    throw new CardinalError(
      `${source}: tensor ${quoted(name)} has a name of ${name.length} characters, the limit is ${longestName}`,
    );
  }
  if (!name.isWellFormed()) {
    throw new CardinalError(
      `${source}: tensor ${quoted(name.toWellFormed())} has a name with half a character in it`,
    );
  }
}

/** PyTorch's own limit. */
const mostDimensions = 64;

/** Throws a `CardinalError` for a shape of more dimensions than any program knows. */
export function requireRank(where: () => string, shape: readonly number[]): void {
  if (shape.length <= mostDimensions) return;
  throw new CardinalError(`${where()} has ${shape.length} dimensions, the limit is ${mostDimensions}`);
}
