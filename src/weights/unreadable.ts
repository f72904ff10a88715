import { shortened } from '../base/quoted.ts';
import type { Unreadable } from './archive.ts';

const mostListed = 5;

/** "x (C64 2×3), y (sparse) and 3 more": tensors whose numbers cannot be read, as messages list them. */
export function unreadableList(tensors: ReadonlyMap<string, Unreadable>): string {
  const shown = [...tensors]
    .slice(0, mostListed)
    .map(([name, what]) => `${shortened(name)} (${unreadableKind(what)})`);
  const rest = tensors.size - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** "C64 2×3". */
export function unreadableKind({ type, shape }: Unreadable): string {
  return shortened(shape === undefined ? type : `${type} ${shape.join('×') || 'scalar'}`);
}
