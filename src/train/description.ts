import * as z from 'zod/mini';
import { pictureRecordSchema } from '../data/picture-record.ts';
import { descriptionVersion, partsForUse, plain, readParts } from './description-parts.ts';
import { validationSchema } from './progress.ts';
import { recipeSchema } from './recipe.ts';

const count = z.int().check(z.nonnegative());

const { origin, licence, ...first } = partsForUse;

/** Each part of a description, in the order in which they are written, and a key of a safetensors file's `__metadata__`, where it is JSON. */
const parts = {
  ...first,
  /** Epochs and optimiser steps behind these weights, and how well they did on the validation pictures. */
  trained: z.optional(
    z.object({
      epochs: count,
      steps: count,
      validation: z.optional(validationSchema),
    }),
  ),
  /** Which pictures they were trained on, in the last training first: those of weights that it began with are behind. */
  pictures: z.optional(z.readonly(z.array(pictureRecordSchema))),
  /** How they were trained. */
  recipe: z.optional(recipeSchema),
  ...{ origin, licence },
} as const;

/**
 * What a weights file written by Cardinal records beside the weights: network, classes, preprocessing, training. With
 * it, nobody has to give these again.
 */
export type Description = Readonly<z.infer<z.ZodMiniObject<typeof parts>>>;

/**
 * A description as the metadata of a safetensors file: JSON by key, plain text where the part is one. `format` tells
 * PyTorch's tools whose names the tensors have.
 */
export function metadataOf(description: Description): Record<string, string> {
  const metadata: Record<string, string> = { format: 'pt', cardinal: descriptionVersion };
  for (const key of Object.keys(parts) as (keyof Description)[]) {
    const part = description[key];
    if (part !== undefined)
      metadata[key] = typeof part === 'string' && plain.includes(key) ? part : JSON.stringify(part);
  }
  return metadata;
}

/**
 * The description in a file's metadata; undefined if it is not a file of Cardinal's. Throws a `CardinalError` that begins
 * with `source` if it is of another version or damaged.
 */
export function readDescription(
  metadata: ReadonlyMap<string, string>,
  source: string,
): Description | undefined {
  return readParts(parts, metadata, source);
}
