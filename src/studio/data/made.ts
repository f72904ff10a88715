import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { id } from '../schemas.ts';
import type { MadeData } from './service.ts';

/** It becomes a folder's name. */
const name = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(100),
  z.refine((text) => !/[/\\\0]/.test(text) && !text.startsWith('.'), {
    error: 'expected a name without slashes that does not begin with a dot',
  }),
);
/** What data is made of. */
export const made: z.ZodMiniType<MadeData> = z.strictObject({
  name,
  classes: z
    .array(z.strictObject({ name, uploads: z.array(id).check(z.maxLength(200_000)) }))
    .check(z.minLength(1), z.maxLength(10_000)),
});

/** Throws a `CardinalError` unless a classifier can learn to tell these classes apart. */
export function requireClasses(classes: MadeData['classes']): void {
  requireOwnNames(classes.map((each) => each.name));
  const empty = classes.find(({ uploads }) => uploads.length === 0);
  if (empty !== undefined) {
    throw new CardinalError(`the class "${empty.name}" has no pictures: add some, or take the class away`);
  }
  if (classes.length < 2) {
    throw new CardinalError(
      `"${classes[0].name}" is the only class: a classifier tells at least two apart, so add another`,
    );
  }
}

/** Classes become folders: on many disks names that differ in capitals alone are one. Throws a `CardinalError`. */
function requireOwnNames(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folder = name.normalize('NFC').toLowerCase();
    const other = seen.get(folder);
    if (other !== undefined) {
      throw new CardinalError(
        `there are two classes "${other}" and "${name}", which are one name to a disk: rename one of them`,
      );
    }
    seen.set(folder, name);
  }
}
