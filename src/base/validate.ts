import { z } from 'zod';
import { CardinalError } from './errors.ts';
import { shortened } from './quoted.ts';

/** Anything JSON can say. */
export const jsonValue = z.json();
export type JsonValue = z.infer<typeof jsonValue>;

export const jsonObject = z.record(z.string(), jsonValue);
export type JsonObject = z.infer<typeof jsonObject>;

/**
 * `value` as the schema's type. Throws a `CardinalError` of one line: what it is, the path of the first fault in it,
 * what was expected.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = shortened(issue.path.map(String).join('.'));
  throw new CardinalError(`${what}: ${path === '' ? '' : `${path}: `}${shortened(issue.message, 500)}`);
}

/** `text` parsed as JSON and checked. Throws a `CardinalError` that names `what`. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CardinalError(`${what} is not JSON`);
  }
  return validate(schema, value, what);
}
