/** Which of the ranks that train one network together somebody is. */
export interface Ranks {
  /** 0 to `size` − 1. */
  readonly rank: number;
  readonly size: number;
}

/** Rows of a batch that lie one after the other. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** The rows of a batch that a rank takes. What does not divide is spread: the first ranks take one more than the last. */
export function rowsOf(batch: number, { rank, size }: Ranks): Rows {
  const each = Math.floor(batch / size);
  const more = batch % size;
  return { first: rank * each + Math.min(rank, more), count: each + Number(rank < more) };
}
