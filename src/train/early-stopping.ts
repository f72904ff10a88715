import type { EpochRecord, Progress } from './progress.ts';

/**
 * Whether a run should end, asked after every epoch. It decides from what the epochs came to alone, so that a resumed run decides
 * the same. A checkpoint has no history, only `done`, the number of epochs and the best of them: a run that is continued without
 * its `history` gives one that begins where it goes on.
 */
export type StopRule = (history: readonly EpochRecord[], done: Pick<Progress, 'epoch' | 'best'>) => boolean;

/** Stops when validation top-1 has not risen for `epochs` epochs. Without validation pictures it never does. */
export function patience(epochs: number): StopRule {
  return (_history, { epoch, best }) => best !== undefined && epoch - 1 - best.epoch >= epochs;
}
