import type { Dataset } from '../../data/dataset.ts';
import { reliabilityOfSums, ReliabilityTally, type Reliability } from '../../train/reliability.ts';

/** Counts how far probabilities of one class a picture can be believed; undefined of labels and numbers. */
export function reliabilityTally({ targets }: Dataset): ReliabilityTally | undefined {
  return targets === undefined ? new ReliabilityTally() : undefined;
}

/** What the sums of all ranks come to, if there are any. */
export function reliabilityOfAll(
  ranks: readonly { readonly sums: readonly number[] | undefined }[],
): { readonly reliability: Reliability } | undefined {
  const all = ranks.flatMap(({ sums }) => (sums === undefined ? [] : [sums]));
  return all.length === 0 ? undefined : { reliability: reliabilityOfSums(all) };
}
