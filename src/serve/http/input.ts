import type * as z from 'zod/mini';

import { CardinalError } from '../../base/errors.ts';
import { validate } from '../../base/validate.ts';
import { ServeError } from '../errors.ts';

/** What a client sent, as the schema's type. Throws a `ServeError` 400 that says what is wrong with it. */
export function checked<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  try {
    return validate(schema, value, what);
  } catch (error) {
    if (!(error instanceof CardinalError)) throw error;
    throw new ServeError(400, 'bad_request', error.message, { cause: error });
  }
}
