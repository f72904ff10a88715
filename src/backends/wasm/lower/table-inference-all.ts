/** The table of the complete script that only predicts, in a page: it stands for `table.ts`. */
import { lineageLowerings } from './lineage.ts';
import type { Lowerings } from './lowerings.ts';
import { plain as small } from './table-inference.ts';

export type { Lowerings };
export { lowerJoined } from './table-inference.ts';

/** Every op that any network uses when it only predicts, and what training adds to those after ResNeXt, which are listed as a whole. */
export const plain: Lowerings = { ...small, ...lineageLowerings };

export function withBlas(): Lowerings {
  return plain;
}
