import * as z from 'zod';

const epochSchema = z.object({
  /** 1-based. */
  epoch: z.int().positive(),
  /** Mean loss over the epoch as it was trained, and the share of its pictures that was wrong, in percent. */
  trainLoss: z.number(),
  trainError: z.number(),
  /** On the pictures for the curves; absent if there are none. */
  testLoss: z.number().optional(),
  testError: z.number().optional(),
});

/** What a run came to. Errors are in percent. */
export const outcomeSchema = z.object({
  arm: z.string(),
  seed: z.int().nonnegative(),
  /** By the key of a measure. */
  values: z.record(z.string(), z.number()),
  epochs: z.array(epochSchema).default([]),
  /** Wall-clock time of the run, its evaluation included. */
  seconds: z.number().nonnegative(),
  /** Why there are no values: the run was tried and failed. It counts in no mean. */
  failed: z.string().optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;
