import { Rng } from '../base/rng.ts';
import { repeated } from './repeats.ts';
import { bufferedOrder } from './shards/order.ts';

/** Which samples make up which batch; a function of the seed and the epoch alone. */
export interface EpochSchedule {
  readonly batches: number;
  /** The samples of batch `n`; the last one may be short. */
  batch(n: number): ScheduledBatch;
}

export interface ScheduledBatch {
  /** Dataset indices. */
  readonly indices: Uint32Array;
  /** How often each was in this epoch before; absent if none comes twice. */
  readonly repeats?: Uint32Array | undefined;
}

export function epochSchedule(options: {
  readonly length: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly epoch: number;
  /** Samples at which the files begin that hold them, to go through these nearly in order; unless balanced. */
  readonly fileStarts?: Uint32Array | undefined;
  /** The samples of each class, to show all classes equally often; needs `shuffle`. */
  readonly balanced?: readonly Uint32Array[] | undefined;
  /** How often each sample comes, in as many samples as there are. Default: once. */
  readonly times?: number | undefined;
}): EpochSchedule {
  const { batchSize, times = 1 } = options;
  const samples = samplesOf(options);
  const { indices, repeats } = times === 1 ? samples : repeated(samples, times, batchSize);
  const part = (all: Uint32Array, n: number): Uint32Array => all.slice(n * batchSize, (n + 1) * batchSize);
  return {
    batches: batchCount(options),
    batch: (n) => ({ indices: part(indices, n), ...(repeats && { repeats: part(repeats, n) }) }),
  };
}

/** The samples of an epoch in its order. */
function samplesOf(options: Parameters<typeof epochSchedule>[0]): ScheduledBatch {
  const { length, seed, epoch, balanced } = options;
  const order = orderOf(options);
  if (balanced === undefined) return { indices: order };
  const drawn = balancedDraw(balanced, length, seed, epoch);
  return {
    indices: order.map((position) => drawn.indices[position]),
    repeats: order.map((position) => drawn.repeats[position]),
  };
}

function orderOf({
  length,
  shuffle,
  seed,
  epoch,
  balanced,
  fileStarts,
}: Parameters<typeof epochSchedule>[0]): Uint32Array {
  if (!shuffle) return Uint32Array.from({ length }, (_, index) => index);
  const rng = Rng.of(seed, 'shuffle', epoch);
  return fileStarts === undefined || balanced !== undefined
    ? rng.permutation(length)
    : bufferedOrder(fileStarts, length, rng);
}

/**
 * `length` samples for an epoch, of every class as many, give or take one. A class goes through its samples in one random order after the
 * other, on and on through the epochs, so that a large class's samples all get their turn.
 */
function balancedDraw(
  members: readonly Uint32Array[],
  length: number,
  seed: number,
  epoch: number,
): { readonly indices: Uint32Array; readonly repeats: Uint32Array } {
  const classes = [...members.entries()].filter(([, samples]) => samples.length > 0);
  const indices: number[] = [];
  const repeats: number[] = [];
  for (const [place, [label, samples]] of classes.entries()) {
    // Σ over places of ⌊(t + place) / classes⌋ is t: whatever the epoch, its shares add up to its length.
    const before = (epochs: number): number => Math.floor((epochs * length + place) / classes.length);
    const seen = new Map<number, number>();
    let order: Uint32Array | undefined;
    for (let turn = before(epoch); turn < before(epoch + 1); turn++) {
      const at = turn % samples.length;
      if (order === undefined || at === 0) {
        order = Rng.of(seed, 'balance', label, Math.floor(turn / samples.length)).permutation(samples.length);
      }
      const index = samples[order[at]];
      const times = seen.get(index) ?? 0;
      seen.set(index, times + 1);
      indices.push(index);
      repeats.push(times);
    }
  }
  return { indices: Uint32Array.from(indices), repeats: Uint32Array.from(repeats) };
}

export function batchCount(options: {
  readonly length: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
}): number {
  const { length, batchSize, dropLast } = options;
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}
