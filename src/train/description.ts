import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import { jsonObject, parseJson } from '../base/validate.ts';
import { pictureRecordSchema } from '../data/picture-record.ts';
import { preprocessingSchema } from '../data/preprocessing.ts';
import { recipeSchema } from './recipe.ts';

const count = z.int().check(z.nonnegative());

/** Each part of a description, and a key of a safetensors file's `__metadata__`, where it is JSON. */
const parts = {
  /** What it takes to build the network again. */
  model: z.object({ name: z.string(), options: jsonObject }),
  /** One picture, [C, H, W]. */
  input: z.readonly(z.array(z.int().check(z.positive()))),
  /** Names by label. */
  classes: z.optional(z.readonly(z.array(z.string()))),
  /** How a picture becomes an input, if it is known. */
  preprocessing: z.optional(preprocessingSchema),
  /** Epochs and optimiser steps behind these weights, and how well they did on the validation pictures. */
  trained: z.optional(
    z.object({
      epochs: count,
      steps: count,
      validation: z.optional(z.object({ loss: z.number(), top1: z.number(), top5: z.number() })),
    }),
  ),
  /** Which pictures they were trained on, in the last training first: those of weights that it began with are behind. */
  pictures: z.optional(z.readonly(z.array(pictureRecordSchema))),
  /** How they were trained. */
  recipe: z.optional(recipeSchema),
  /** Where the weights come from: the file or the repository that they were read from, or that training began with. */
  origin: z.optional(z.string()),
  /** Under which licence they may be used, as an SPDX identifier where there is one. */
  licence: z.optional(z.string()),
} as const;

/**
 * What a weights file written by Cardinal records beside the weights: network, classes, preprocessing, training. With
 * it, nobody has to give these again.
 */
export type Description = Readonly<z.infer<z.ZodMiniObject<typeof parts>>>;

const version = '1';

/** Parts that stand in the metadata as they are, for whatever tool shows them. */
const plain: readonly string[] = ['origin', 'licence'];

/**
 * A description as the metadata of a safetensors file: JSON by key, plain text where the part is one. `format` tells
 * PyTorch's tools whose names the tensors have.
 */
export function metadataOf(description: Description): Record<string, string> {
  const metadata: Record<string, string> = { format: 'pt', cardinal: version };
  for (const key of Object.keys(parts) as (keyof Description)[]) {
    const part = description[key];
    if (part !== undefined) metadata[key] = typeof part === 'string' ? part : JSON.stringify(part);
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
  const found = metadata.get('cardinal');
  if (found === undefined) return undefined;
  if (found !== version) {
    throw new CardinalError(
      `${source} is a checkpoint of format ${shortened(found)}, this version of Cardinal reads format ${version}: use the version that wrote it`,
    );
  }
  const read = (part: z.ZodMiniType, key: string): unknown => {
    const text = metadata.get(key) ?? 'null';
    return plain.includes(key) ? text : parseJson(part, text, `${source}: metadata '${key}'`);
  };
  return Object.fromEntries(
    Object.entries(parts)
      .filter(([key, part]) => metadata.has(key) || !part.safeParse(undefined).success)
      .map(([key, part]) => [key, read(part, key)]),
  ) as Description;
}
