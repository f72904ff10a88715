import { isFloats } from '../base/floats.ts';
import { checkKind, having, type Kind } from '../base/options.ts';
import { targetKind } from '../plan/target.ts';

const runsPlans = having('a backend, what createBackend gives once it is awaited', 'load', 'dispose');

/** What `createReferenceBackend`, `createWasmBackend` and Node's `createBackend` give. */
export const backendKind: Kind = {
  ...runsPlans,
  is: (value) => runsPlans.is(value) && targetKind.is(value),
};

/** Throws a `UsageError` unless `data` is as many 32-bit floats as `expected`. */
export function checkFloats(what: string, name: string, data: unknown, expected: number): void {
  checkKind(what, name, data, {
    expected: `a Float32Array of ${expected} numbers`,
    is: (value) => isFloats(value) && value.length === expected,
  });
}
