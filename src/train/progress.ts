import * as z from 'zod/mini';

const count = z.int().check(z.nonnegative());

const share = z._default(z.number(), 0);

/** What validation came to; `scores` of labels (mAP, microF1, macroF1) or numbers (mae, rmse, r2). */
export const validationSchema = z.object({
  loss: z.number(),
  top1: share,
  top5: share,
  scores: z.optional(z.record(z.string(), z.number())),
});

/** What an epoch came to: what does not depend on the clock or on how long the run is to be. */
export const epochRecordSchema = z.object({
  epoch: count,
  step: count,
  learningRate: z.number(),
  /** Top-1 and top-5 are 0, and not written, where pictures are not of one class each. */
  train: z.object({ loss: z.number(), top1: share }),
  validation: z.optional(validationSchema),
  best: z.boolean(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** An `EpochEvent` as `metrics.jsonl` has it. */
export const epochLineSchema = z.extend(epochRecordSchema, { epochs: count, seconds: z.number() });

/**
 * How far a run is, to the batch. All of it is in every checkpoint, so that a resumed run reports the same numbers.
 * Nothing here differs between two runs of one seed: time, for instance, is in `metrics.jsonl`. Nothing grows: what
 * each epoch came to is there as well.
 */
export const progressSchema = z.object({
  /** The epoch to go on with (0-based), and how many of its batches are done. */
  epoch: count,
  batch: count,
  /** Optimiser steps done. */
  step: count,
  /** Of the epoch so far: Σ loss over batches, pictures, and those whose largest logit was the true class. */
  sums: z.object({ loss: z.number(), batches: count, seen: count, correct: count }),
  /** Epochs done. Earlier versions had it here; it is read, and no longer written. */
  history: z.optional(z.array(epochRecordSchema)),
  /** The best validation top-1 so far and its epoch; of labels and numbers the `score` (`rankOf`) in its place. */
  best: z.optional(z.object({ epoch: count, top1: z.number(), score: z.optional(z.number()) })),
});
export type Progress = z.infer<typeof progressSchema>;

export function freshProgress(): Progress {
  return { epoch: 0, batch: 0, step: 0, sums: freshSums() };
}

export function freshSums(): Progress['sums'] {
  return { loss: 0, batches: 0, seen: 0, correct: 0 };
}
