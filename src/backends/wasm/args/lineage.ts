/** The arguments of the kernels of networks after ResNeXt, which the small builds are without. */
export * from './activations.ts';
export * from './batch-norm-activation.ts';
export * from './broadcast.ts';
export * from './depthwise-large.ts';
export * from './drop-path.ts';
export * from './elementary.ts';
export * from './layer-norm.ts';
export * from './losses.ts';
export * from './matmul.ts';
export * from './more-optimisers.ts';
export * from './panel-rows.ts';
export * from './picture-norm.ts';
export * from './rearrange.ts';
export * from './resample.ts';
export * from './softmax.ts';
export * from './stem.ts';
