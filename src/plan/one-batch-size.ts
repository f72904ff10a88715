/** Stands for `batch-sizes.ts` in the engines of pages: their programs have one batch size. */
import { wholeFrom } from '../base/options.ts';
import type { Pass, SharedPasses } from './batch-sizes.ts';

export const batchSizesKind = /* @__PURE__ */ wholeFrom(1);

export { divisors as choicesOf } from './fit.ts';

export function forEachSize<T>(size: number, make: (size: number) => T): T {
  return make(size);
}

export function listOf<T>(traced: T): readonly T[] {
  return [traced];
}

export function leastOf(): string {
  return 'one picture';
}

export function shareWeights([{ prologue, forward, outputs }]: readonly Pass[]): SharedPasses {
  return { prologue, lists: { forward }, outputs };
}
