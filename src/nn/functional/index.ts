/** Functions for use in `forward`: PyTorch's `torch.nn.functional`, and those of `torch` that networks are written with. */
export * from '../functional.ts';
// Those of the same names in functional.ts know less; networks of the pages' small scripts use them.
export { add, div, mul, sub } from './arithmetic.ts';
export { interpolate, type InterpolateOptions } from './interpolate.ts';
export { channelShuffle, chunk, dropPath, split } from './channels.ts';
export { bmm, matmul, softmax } from './attention.ts';
export { abs, exp, log, softplus, sqrt } from './elementary.ts';
export type { Operand } from './operand.ts';
export { mean, permute, reshape, sum, transpose, type ReduceOptions } from './shape.ts';
