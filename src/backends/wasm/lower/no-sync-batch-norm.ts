/** Stands for `sync-batch-norm.ts` in the engine of a page that trains: there is no other rank, and a plan with these ops is refused. */
export const batchNormStats = undefined;
export const batchNormGatherStats = undefined;
export const batchNormElemt = undefined;
export const batchNormBackwardReduce = undefined;
export const batchNormBackwardElemt = undefined;
