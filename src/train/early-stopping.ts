import type { EpochRecord } from './progress.ts';

/**
 * Whether a run should end, asked after every epoch. It decides from the history alone, so that a resumed run decides
 * the same.
 */
export type StopRule = (history: readonly EpochRecord[]) => boolean;

/** Stops when validation top-1 has not risen for `epochs` epochs. Without validation pictures it never does. */
export function patience(epochs: number): StopRule {
  return (history) => {
    const best = history.findLastIndex((record) => record.best);
    return best >= 0 && history.length - 1 - best >= epochs;
  };
}
