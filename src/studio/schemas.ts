import * as z from 'zod/mini';
import { validate } from '../base/validate.ts';
import type { PictureRef, SplitName } from './refs.ts';

/** What calls name items, uploads and runs by. */
export const id = z.string().check(z.minLength(1), z.maxLength(500));

export const split: z.ZodMiniType<SplitName> = z.enum(['train', 'val', 'test']);

export const pictureRef: z.ZodMiniType<PictureRef> = z.union([
  z.strictObject({ upload: id }),
  z.strictObject({ data: id, split, index: z.int().check(z.minimum(0)) }),
]);

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): z.ZodMiniType<number> {
  return z.int().check(z.minimum(least), z.maximum(most));
}

/** The one argument of a call, checked. Throws a `CardinalError` that names the call. */
export function argument<T>(call: string, schema: z.ZodMiniType<T>, args: readonly unknown[]): T {
  return validate(schema, args[0], call);
}
