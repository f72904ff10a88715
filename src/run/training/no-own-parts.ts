import { UsageError } from '../../base/errors.ts';
import type * as own from './own-parts.ts';

/** In a page a run has nothing of its own that its worker would not have. */
export const ownAugment: typeof own.ownAugment = () => undefined;
export const ownPartsOf: typeof own.ownPartsOf = () => undefined;
export const withOwnAugment: typeof own.withOwnAugment = () => undefined;

export const requireOwnParts: typeof own.requireOwnParts = (path, { program }) => {
  if (program) throw new UsageError(`${path} has ${program.join()} of its program: continue it in Node`);
};
