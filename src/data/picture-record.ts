import * as z from 'zod/mini';

/** How validation pictures were held out of the training pictures: `splitByClass` with these gives the same ones again. */
export const heldOutSchema = z.object({
  seed: z.number(),
  /** Share of each class. */
  fraction: z.number().check(z.gt(0), z.lt(1)),
});
export type HeldOut = z.infer<typeof heldOutSchema>;

/**
 * Which pictures weights were trained on: enough to know them again, wherever they were moved to, so that nobody evaluates a
 * network on its training pictures without being given them. No names and no pixels are in it.
 */
export const pictureRecordSchema = z.object({
  /** Pictures trained on, those held out not counted. */
  count: z.int().check(z.nonnegative()),
  /** A hash of the names and classes of all, those held out included. */
  fingerprint: z.string(),
  /** Absent if the data had validation pictures of its own, or none. */
  heldOut: z.optional(heldOutSchema),
  /** Some of those trained on, drawn by a hash of their names: that hash and one of the content, in hexadecimal. */
  sample: z.array(z.string().check(z.regex(/^[0-9a-f]{12}:[0-9a-f]{12}$/))),
});
export type PictureRecord = z.infer<typeof pictureRecordSchema>;

/** Hashes of what is known of every picture of a run: its class and name, the size of its file, and its content. */
export const pictureHashesSchema = z.object({
  train: z.string(),
  /** Absent if there are none. */
  validation: z.optional(z.string()),
  /** Whether the contents of picture files are in it; those of pictures in memory are. Absent if not. */
  contents: z.optional(z.literal(true)),
});
export type PictureHashes = z.infer<typeof pictureHashesSchema>;
