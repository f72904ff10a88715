import * as z from 'zod/mini';

const epochSchema = z.object({
  /** 1-based. */
  epoch: z.int().check(z.positive()),
  /** Mean loss over the epoch as it was trained, and the share of its pictures that was wrong, in percent. */
  trainLoss: z.number(),
  trainError: z.number(),
  /** On the pictures for the curves; absent if there are none. */
  testLoss: z.optional(z.number()),
  testError: z.optional(z.number()),
});

/** What a run came to. Errors are in percent. */
export const outcomeSchema = z.object({
  arm: z.string(),
  seed: z.int().check(z.nonnegative()),
  /** By the key of a measure. */
  values: z.record(z.string(), z.number()),
  epochs: z._default(z.array(epochSchema), []),
  /** Wall-clock time of the run, its evaluation included. */
  seconds: z.number().check(z.nonnegative()),
  /** Why there are no values: the run was tried and failed. It counts in no mean. */
  failed: z.optional(z.string()),
});
export type Outcome = z.infer<typeof outcomeSchema>;
