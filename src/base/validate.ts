import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { CardinalError } from './errors.ts';
import { shortened } from './quoted.ts';

/** Any JSON value. */
export const jsonValue = z.json();
/** @internal for tests */
export type JsonValue = z.infer<typeof jsonValue>;

export const jsonObject = z.record(z.string(), jsonValue);
export type JsonObject = z.infer<typeof jsonObject>;

/**
 * `value` as the schema's type. Throws a `CardinalError` of one line: what it is, the path of the first fault in it,
 * what was expected.
 */
export function validate<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  let result: ReturnType<typeof schema.safeParse>;
  try {
    // zod/mini has no words of its own, and words set for all schemas would be a side effect of loading this module.
    result = schema.safeParse(value, { error: en().localeError });
  } catch (error) {
    // A schema that refers to itself goes as deep as the value does.
    if (error instanceof RangeError)
      throw new CardinalError(`${what}: it is nested too deeply, or holds itself`);
    // zod compares the lengths of what should be lists and texts, and is none: { length: { toString: 1 } } cannot be compared.
    if (error instanceof TypeError) throw new CardinalError(`${what}: a length in it is no number`);
    throw error;
  }
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = shortened(issue.path.map(String).join('.'));
  throw new CardinalError(`${what}: ${path === '' ? '' : `${path}: `}${shortened(issue.message, 500)}`);
}

/** Objects and lists within each other that JSON may have; no honest file has a tenth of it. */
const deepest = 200;

/** `text` parsed as JSON and checked. Throws a `CardinalError` that names `what`. */
export function parseJson<T>(schema: z.ZodMiniType<T>, text: string, what: string): T {
  // Whatever walks through the value later does so by calling itself.
  if (nestedDeeper(text, deepest)) {
    throw new CardinalError(`${what}: it is nested more than ${deepest} deep, far deeper than any real one`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CardinalError(`${what} is not JSON`);
  }
  return validate(schema, value, what);
}

/** Whether more than `most` brackets are open at once anywhere outside the strings of JSON text. */
function nestedDeeper(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  // Codes, because a header of a million tensors has a hundred million letters.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === codes.backslash) at++;
      else inString = code !== codes.quote;
    } else if (code === codes.quote) inString = true;
    else if (code === codes.list || code === codes.object) {
      if (++depth > most) return true;
    } else if (code === codes.listEnd || code === codes.objectEnd) depth--;
  }
  return false;
}

const codes = { backslash: 0x5c, quote: 0x22, list: 0x5b, listEnd: 0x5d, object: 0x7b, objectEnd: 0x7d };
