import type { Rng } from '../../../src/base/rng.ts';
import type { AllReduceOps } from '../../../src/graph/ops/all-reduce.ts';
import type { NoAttrs } from '../../../src/graph/op.ts';
import { normal, type CasesOf, type Drawn } from '../case.ts';

/** A rank alone has the sum already: nothing may change. Several are in test/train/ranks.test.ts. */
const alone = (rng: Rng): { readonly attrs: NoAttrs; readonly inputs: readonly Drawn[] }[] => [
  { attrs: {}, inputs: [normal(rng, [3])] },
  { attrs: {}, inputs: [normal(rng, [37]), normal(rng, [4, 3, 3, 3])] },
];

export const allReduceCases: CasesOf<AllReduceOps> = { all_reduce: alone, all_reduce_wait: alone };
