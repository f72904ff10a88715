import { Rng } from '../base/rng.ts';

/** Which samples make up which batch; a function of the seed and the epoch alone. */
export interface EpochSchedule {
  readonly batches: number;
  /** Dataset indices of batch `n`; the last one may be short. */
  batch(n: number): Uint32Array;
}

export function epochSchedule(options: {
  readonly length: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly epoch: number;
}): EpochSchedule {
  const { length, batchSize, shuffle, seed, epoch } = options;
  const order = shuffle
    ? Rng.of(seed, 'shuffle', epoch).permutation(length)
    : Uint32Array.from({ length }, (_, index) => index);
  return {
    batches: batchCount(options),
    batch: (n) => order.slice(n * batchSize, (n + 1) * batchSize),
  };
}

export function batchCount(options: {
  readonly length: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
}): number {
  const { length, batchSize, dropLast } = options;
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}
