import { rowsOf, type Ranks, type Rows } from '../base/ranks.ts';

/** What of each batch is prepared: the rows of one of several ranks. */
export interface Share extends Ranks {
  /** Micro-batches that each batch is run in: a rank has its rows of each of them. Default: one. */
  readonly parts?: number | undefined;
}

/** The only rank. */
export const wholeShare: Share = { rank: 0, size: 1 };

/** The rows of a batch of `size` that a share has, a run of them for each part that has any. `size` is a multiple of the parts. */
export function sharedRows({ parts = 1, ...ranks }: Share, size: number): Rows[] {
  const part = size / parts;
  const { first, count } = rowsOf(part, ranks);
  if (count === 0) return [];
  return Array.from({ length: parts }, (_, n) => ({ first: n * part + first, count }));
}

/** How many rows these are. */
export function countRows({ parts = 1, ...ranks }: Share, size: number): number {
  return parts * rowsOf(size / parts, ranks).count;
}
