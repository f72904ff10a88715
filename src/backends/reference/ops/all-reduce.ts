import type { AllReduceOps } from '../../../graph/ops/all-reduce.ts';
import type { Kernels } from '../kernel.ts';

/** A rank alone has the sums already. Those of several ranks are the communicator's, see `reductions.ts`. */
export const allReduceKernels: Kernels<AllReduceOps> = {
  all_reduce: () => undefined,
  all_reduce_wait: () => undefined,
};
