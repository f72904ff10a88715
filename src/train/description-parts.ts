import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import { jsonObject, parseJson } from '../base/validate.ts';
import { preprocessingSchema } from '../data/preprocessing.ts';

/** The parts of a description that it takes to use a network. Each is a key of a safetensors file's `__metadata__`, where it is JSON. */
export const partsForUse = {
  /** What it takes to build the network again. */
  model: z.object({ name: z.string(), options: jsonObject }),
  /** One picture, [C, H, W]. */
  input: z.readonly(z.array(z.int().check(z.positive()))),
  /** Names by label. */
  classes: z.optional(z.readonly(z.array(z.string()))),
  /** What the outputs are, if not scores of classes of which one is true: `classes` then names labels or numbers. */
  task: z.optional(z.enum(['labels', 'numbers'])),
  /** How a picture becomes an input, if it is known. */
  preprocessing: z.optional(preprocessingSchema),
  /** What logits are divided by, so that probabilities can be believed (temperature scaling); absent if nobody calibrated them. */
  temperature: z.optional(z.number().check(z.positive())),
  /** Where the weights come from: the file or the repository that they were read from, or that training began with. */
  origin: z.optional(z.string()),
  /** Under which licence they may be used, as an SPDX identifier where there is one. */
  licence: z.optional(z.string()),
} as const;

/** What stands under `cardinal` in a file of this version's. */
export const descriptionVersion = '1';

/** Parts that stand in the metadata as they are, for whatever tool shows them. */
export const plain: readonly string[] = ['origin', 'licence'];

/**
 * Parts of the description in a file's metadata; undefined if it is not a file of Cardinal's. Throws a `CardinalError` that
 * begins with `source` if it is of another version or damaged.
 */
export function readParts<P extends Readonly<Record<string, z.ZodMiniType>>>(
  parts: P,
  metadata: ReadonlyMap<string, string>,
  source: string,
): { readonly [K in keyof P]: z.infer<P[K]> } | undefined {
  const found = metadata.get('cardinal');
  if (found === undefined) return undefined;
  if (found !== descriptionVersion) {
    throw new CardinalError(
      `${source} is a checkpoint of format ${shortened(found)}, this version of Cardinal reads format ${descriptionVersion}: use the version that wrote it`,
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
  ) as { readonly [K in keyof P]: z.infer<P[K]> };
}
