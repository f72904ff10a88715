/** The arguments of every kernel: what `scripts/build-kernels.ts` generates the kernels' classes from. */
export * from './blas.ts';
export * from './depthwise.ts';
export * from './fill.ts';
export * from './grouped.ts';
export * from './product.ts';
export * from './winograd.ts';
