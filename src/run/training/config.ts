import * as z from 'zod/mini';
import { jsonObject } from '../../base/validate.ts';
import { mostDecodeSeconds } from '../../data/picture-limits.ts';
import { preprocessingSchema } from '../../data/preprocessing.ts';
import type { Backends } from '../backends.ts';
import { recipeSchema } from '../../train/recipe.ts';

export type RunConfig = z.infer<typeof schema>;

/**
 * `config.json` of a run folder: the settings that continue a run beside its checkpoint, and what a person may ask. Its backend is
 * one of those of the platform that reads it.
 */
export function runConfigSchema(backends: Backends) {
  const backend = z.optional(z.enum(Object.keys(backends)));
  return z.extend(schema, { engine: z.optional(z.extend(engineSchema, { backend })) });
}

const engineSchema = z.strictObject({
  backend: z.optional(z.string()),
  threads: z.optional(z.int().check(z.minimum(1))),
  blas: z.optional(z.boolean()),
});

const schema = z.strictObject({
  /** Cardinal's version. */
  cardinal: z.string(),
  startedAt: z.iso.datetime(),
  /** The command that repeats the run; absent of a program's run. */
  command: z.optional(z.string()),
  /** The folder of the pictures, absolute, so that a run can be continued from anywhere; of a program's own, what they are called. */
  data: z.string(),
  /** What of it is its program's own: `pictures`, their `labels`, `augment`. */
  program: z.optional(z.array(z.string())),
  /** A name of the registry, or the class of a program's own network. */
  model: z.strictObject({ name: z.string(), options: jsonObject }),
  recipe: recipeSchema,
  /** The file of labels, absolute, where the pictures are not in class folders. */
  labels: z.optional(z.string()),
  seed: z.number(),
  valFraction: z.number().check(z.minimum(0), z.lt(1)),
  strict: z.boolean(),
  preprocessing: preprocessingSchema,
  /** The weights that the run began with: as they were named, where they come from, and what became of their classifier. */
  weights: z.optional(
    z.strictObject({
      file: z.string(),
      /** Where the file lay, absolute, unless it is the hub's; its SHA-256. Earlier versions did not record it. */
      path: z.optional(z.string()),
      sha256: z.optional(z.string()),
      /** Channels that its first convolution was adapted to, if that was asked for. */
      inChannels: z.optional(z.int().check(z.minimum(1))),
      head: z.enum(['keep', 'reset']),
      /** Whether what did not fit was left out; absent if not. */
      partial: z.optional(z.boolean()),
      origin: z.optional(z.string()),
      licence: z.optional(z.string()),
    }),
  ),
  /** Patterns of the parts that are not trained. */
  freeze: z.optional(z.array(z.string())),
  /** Whether activations are recomputed, if that was given. */
  checkpointActivations: z.optional(z.boolean()),
  /** False where each rank's batch norms take the statistics of its own pictures. */
  syncBatchNorm: z.optional(z.boolean()),
  /** Optimiser steps between checkpoints, beside the one after each epoch. */
  checkpointEvery: z.optional(z.int().check(z.minimum(1))),
  /** What a picture may cost, if it is not the usual: see `PictureLimitOptions`. */
  maxPixels: z.optional(z.int().check(z.minimum(1))),
  decodeSeconds: z.optional(z.int().check(z.minimum(1), z.maximum(mostDecodeSeconds))),
  /** What was asked to compute it, for a run that begins anew; once it has a checkpoint, that records what computed it. */
  engine: z.optional(engineSchema),
  /** Minutes between checkpoints, beside these; 0: none by the clock. */
  checkpointMinutes: z.optional(z.number().check(z.minimum(0))),
  /** Epochs without a better validation top-1 after which the run ends. */
  patience: z.optional(z.int().check(z.minimum(1))),
});

/** What became of the classifier of weights that a run began with, in words. */
export const classifierFates = { keep: 'kept', reset: 'reinitialised' } as const;
