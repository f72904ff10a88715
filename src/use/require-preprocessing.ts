import { CardinalError } from '../base/errors.ts';
import type { Preprocessing } from '../data/preprocessing.ts';

/** Throws a `CardinalError` unless it is known how pictures are prepared for the weights called `source`. */
export function requirePreprocessing(known: Preprocessing | undefined, source: string): Preprocessing {
  if (known !== undefined) return known;
  throw new CardinalError(
    `${source} does not say how pictures are prepared: expected a checkpoint that training wrote, got weights alone; give preprocessing, for example imagenetPreprocessing`,
  );
}
