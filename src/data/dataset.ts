import type { DisposeOptions } from '../base/disposal.ts';
import type { Targets } from './task.ts';

/** A decoded picture: height × width × channels bytes, rows first, channels interleaved. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Labelled pictures by index. Nothing is decoded until a picture is asked for. */
export interface Dataset {
  /** Where it came from, for people: a path or a title. */
  readonly name: string;
  /** Class names; a label is an index into them. Of other `targets` the names of labels or numbers. */
  readonly classes: readonly string[];
  readonly length: number;
  /**
   * Label of sample `index`, in [0, classes.length). Of several labels the rarest: it goes with that class's pictures where these are split
   * or balanced. Of numbers 0.
   */
  label(index: number): number;
  /** What samples have in place of one class each; absent if they have that. */
  readonly targets?: Targets | undefined;
  /** What a person can find the sample by: a file path, or `test_batch.bin#17`. */
  id(index: number): string;
}

/** Training, validation and test pictures of one source; a split that the source lacks is undefined. */
export interface Splits {
  readonly train: Dataset | undefined;
  readonly val: Dataset | undefined;
  readonly test: Dataset | undefined;
}

/**
 * Samples ready for a network. The arrays of a batch belong to its loader, which fills them anew: they are valid until the
 * next batch is asked for.
 */
export interface Batch {
  /**
   * Valid samples, at least one; rows beyond them are zero. Training batches are full. In evaluation the last one may be
   * short, and any one from which an unreadable picture was left out.
   */
  readonly size: number;
  /** N×H×W×C (channels-last, as programs store pictures), normalised. */
  readonly input: Float32Array;
  /** N×K probabilities: one-hot rows, or mixed by mixup and CutMix; of other `targets` these. Zero rows beyond `size`. */
  readonly target: Float32Array;
  /** The true class of each valid sample (of the first partner, where two were mixed). */
  readonly labels: Int32Array;
  /** Dataset index of each valid sample. */
  readonly indices: Uint32Array;
}

/** Batches of a dataset in an order that (seed, epoch) alone decides, prepared ahead of their use. */
export interface BatchLoader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** The batches of one epoch from `startBatch` on, so that a resumed run continues at the exact batch. */
  epoch(epoch: number, startBatch?: number): AsyncIterable<Batch>;
  /** Samples left out (or, in training, replaced) so far because they could not be decoded, with the reason. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  /** Ends the workers. Batches that are ordered are refused with a `DisposedError`; with `drain` they are finished first. */
  dispose(options?: DisposeOptions): Promise<void>;
}
