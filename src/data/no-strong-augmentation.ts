import { UsageError } from '../base/errors.ts';

/** Stands for `strong-augmentation.ts`, `policies.ts` and `transforms/erase.ts` in the scripts of a page: a recipe with these is refused. */
export const strongParts = {};

export function policyNamed(name: string): never {
  throw new UsageError(`augmentation '${name}' is not for this script: the complete one has it`);
}

export function strongWords(): [] {
  return [];
}

export function applyPolicy(): undefined {
  return undefined;
}

export function eraseInto(): void {
  return undefined;
}
