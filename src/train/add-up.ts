import { sum } from '../base/sum.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { noneRead } from '../data/none-read.ts';
import type { Evaluation } from './metrics.ts';
import type { TrainingRanks } from './ranks.ts';
import { evaluationOf, type Tally } from './tally.ts';

const what = 'an evaluation';

/**
 * What all ranks have counted on their shares of a loader's pictures, on each of them. Throws a `CardinalError` on all if none could read
 * a picture, as the loader of a single process does.
 */
export async function evaluationOfAll(
  { counts: { names, confusion, loss, top5, total } }: Tally,
  ranks: TrainingRanks,
  loader: BatchLoader,
): Promise<Evaluation> {
  // Exact as float32, as long as there are fewer than 2^24 pictures in a place.
  const all = Float32Array.from(confusion.flat());
  await ranks.startAllReduce(all).wait();
  const rows = names.map((_, k) => [...all.subarray(k * names.length, (k + 1) * names.length)]);
  const sums = await ranks.sum([loss, top5, total], what);
  await requireSomeRead(sums[2], ranks, loader);
  return evaluationOf({ names, confusion: rows, loss: sums[0], top5: sums[1], total: sums[2] });
}

/**
 * What all ranks gave and should have given, numbers of their rows in the order of ranks, on each of them: whatever they are, NaN too.
 * Throws as `evaluationOfAll`.
 */
export async function rowsOfAll(
  { outputs, targets }: OwnRows,
  ranks: TrainingRanks,
  loader: BatchLoader,
): Promise<OwnRows> {
  const counts = await ranks.share(outputs.length, what);
  const total = sum(counts);
  await requireSomeRead(total, ranks, loader);
  const first = sum(counts.slice(0, ranks.rank));
  // Zero where others have theirs, so that the sum is what each has.
  const all = new Float32Array(2 * total);
  all.set(outputs, first);
  all.set(targets, total + first);
  await ranks.startAllReduce(all).wait();
  return { outputs: [...all.subarray(0, total)], targets: [...all.subarray(total)] };
}

interface OwnRows {
  readonly outputs: readonly number[];
  readonly targets: readonly number[];
}

/** Throws on all ranks if `total` of all is nothing, as a loader of a single process does. */
async function requireSomeRead(
  total: number,
  ranks: TrainingRanks,
  { dataset, skipped }: BatchLoader,
): Promise<void> {
  if (total > 0) return;
  const first = (await ranks.share(skipped.slice(0, 1), what)).flat().at(0);
  if (first !== undefined) throw noneRead(dataset, first);
}
