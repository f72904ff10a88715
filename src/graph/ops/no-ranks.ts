/** Stands for `all-reduce.ts` and `sync-batch-norm.ts` in the engine of a page that trains: it is the only rank, and has no such op. */
export const allReduceOps = {};
export const syncBatchNormOps = {};
