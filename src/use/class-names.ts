import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { parseJson } from '../base/validate.ts';

/** `["tench", …]`, `{"0": "tench", …}`, or Keras's `{"0": ["n01440764", "tench"], …}`. */
const schema = z.union(
  [
    z.array(z.string()),
    z.record(z.string().check(z.regex(/^\d+$/)), z.union([z.string(), z.tuple([z.string(), z.string()])])),
  ],
  { error: 'expected names of classes: ["tench", …], {"0": "tench", …} or {"0": ["n01440764", "tench"], …}' },
);

/**
 * Names of classes by label, from text with a name on each line or from JSON: a list, or an object by label whose values are names or
 * [WordNet id, name]. Throws a `CardinalError` that begins with `source` if a label has no name.
 */
export function parseClassNames(text: string, source: string): string[] {
  if (!/^\s*[[{]/.test(text)) return text.trim().split(/\r?\n/);
  const listed = parseJson(schema, text, source);
  if (Array.isArray(listed)) return listed;
  return Array.from({ length: Object.keys(listed).length }, (_, label) => {
    if (!Object.hasOwn(listed, label)) {
      throw new CardinalError(`${source}: expected names for labels 0, 1, 2, …, label ${label} has none`);
    }
    const name = listed[label];
    return typeof name === 'string' ? name : name[1];
  });
}
