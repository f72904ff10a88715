import type { Lowering } from '../call.ts';

/** No kernel: between the lists of calls that `lower-plan.ts` makes, the calling thread asks the communicator. */
export const allReduce: Lowering<'all_reduce'> = { calls: () => [] };

export const allReduceWait: Lowering<'all_reduce_wait'> = { calls: () => [] };
