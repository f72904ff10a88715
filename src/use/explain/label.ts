import { UsageError } from '../../base/errors.ts';
import { described } from '../../base/described.ts';
import { nearest } from '../../base/nearest.ts';
import { shortened } from '../../base/quoted.ts';

/**
 * The label of a class that is asked for by its name or by its label, also as text: a name comes first, so that classes may be called by
 * numbers. Throws a `UsageError` if there is no such class.
 */
export function labelOf(wanted: number | string, classes: readonly string[]): number {
  const named = typeof wanted === 'string' ? classes.indexOf(wanted) : -1;
  if (named >= 0) return named;
  const label = typeof wanted === 'string' && /^\d+$/.test(wanted) ? Number(wanted) : wanted;
  if (typeof label === 'number' && label in classes) return label;
  const similar = nearest(String(wanted), classes)
    .map((name) => shortened(name))
    .join(', ');
  throw new UsageError(
    `expected a class by its name or its label, from 0 to ${classes.length - 1}, got ${described(wanted)}; the nearest names are ${similar}`,
  );
}
