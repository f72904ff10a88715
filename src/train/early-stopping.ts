import { checkKind, wholeFrom } from '../base/options.ts';
import type { EpochRecord } from './progress.ts';

/**
 * Whether a run should end, asked after every epoch. It decides from the history alone, so that a resumed run decides
 * the same.
 */
export type StopRule = (history: readonly EpochRecord[]) => boolean;

/**
 * Stops when validation top-1 has not risen for `epochs` epochs. Without validation pictures it never does.
 * @throws {UsageError} if `epochs` is no whole number of at least 1.
 */
export function patience(epochs: number): StopRule {
  checkKind('patience', 'the epochs', epochs, wholeFrom(1));
  return (history) => {
    const best = history.findLastIndex((record) => record.best);
    return best >= 0 && history.length - 1 - best >= epochs;
  };
}
