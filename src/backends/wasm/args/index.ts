/** The arguments of every kernel: what `scripts/build-kernels.ts` generates the kernels' classes from. */
export * from './batch-norm.ts';
export * from './blas.ts';
export * from './depthwise.ts';
export * from './elementwise.ts';
export * from './fill.ts';
export * from './grouped.ts';
export * from './layout.ts';
export * from './lineage.ts';
export * from './loss.ts';
export * from './optimiser.ts';
export * from './pool.ts';
export * from './product.ts';
export * from './reduce.ts';
export * from './sync-batch-norm.ts';
export * from './winograd.ts';
