/** The arguments of every kernel: what `scripts/build-kernels.ts` generates the kernels' classes from. */
export * from './depthwise.ts';
export * from './fill.ts';
export * from './grouped.ts';
