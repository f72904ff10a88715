import type { TrainingRanks } from '../../train/ranks.ts';

/** Does what all ranks do, or the only process: where it fails on some ranks, it fails on all. */
export async function onAll<T>(
  ranks: TrainingRanks | undefined,
  work: () => T | Promise<T>,
  what: string,
): Promise<T> {
  return ranks === undefined ? await work() : await ranks.together(work, what);
}

/** Does what the first rank does for all, or the only process. The result is plain data, or undefined. */
export async function fromFirst<T>(
  ranks: TrainingRanks | undefined,
  work: () => T | Promise<T>,
  what: string,
): Promise<T> {
  return ranks === undefined ? await work() : await ranks.fromFirst(work, what);
}
