import { UsageError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Study } from '../study.ts';
import { table3 } from './table3.ts';

/** Every study, in the order of the paper. */
export const studies: readonly Study[] = [table3];

/** The study called `name`. Throws a `UsageError` with the nearest names. */
export function findStudy(name: string): Study {
  const found = studies.find((study) => study.name === name);
  if (found !== undefined) return found;
  const names = studies.map((study) => study.name);
  throw new UsageError(
    `unknown study '${name}'; did you mean ${nearest(name, names, 1).join()}? There are ${names.join(', ')}`,
  );
}
