import { UsageError } from '../base/errors.ts';

/** Stands for `unfreeze.ts` in the engine of a page that trains: a run whose recipe has `unfreezeAt` is refused before it begins. */
export function checkUnfreezing(): never {
  throw new UsageError('unfreezeAt is not for this script: the complete one has it');
}

export function frozenUntilUnfrozen(): undefined {
  return undefined;
}

export { checkUnfreezing as fitPart, checkUnfreezing as unfreeze };
