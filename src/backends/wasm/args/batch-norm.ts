import { activation } from './activation.ts';
import { f64, int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/*
 * Batch norm over M = N·H·W rows of C channels; see `kernels/batch-norm.ts`. A mean is two rows: the second is what the first
 * leaves of it.
 */

export const batchNormMoments = kernelArgs('batch_norm_moments', {
  x: pointer('x'),
  partials: pointer('[row tile][shift, Σd, Σd²][C]'),
  rows: int('M'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  channelsPerTile: int('channels a tile'),
  channelTiles: int('tiles side by side'),
});

export const batchNormCombine = kernelArgs('batch_norm_combine', {
  partials: pointer('what `batch_norm_moments` leaves'),
  gamma: pointer('γ'),
  beta: pointer('β'),
  runningMean: pointer('running mean, which is updated'),
  runningVariance: pointer('running variance, which is updated'),
  mean: pointer('mean [2][C]'),
  invstd: pointer('1/√(var + ε)'),
  scale: pointer('scale of `batch_norm_apply`'),
  shift: pointer('shift of `batch_norm_apply`'),
  rows: int('M'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  channelsPerChunk: int('channels a chunk'),
  eps: f64('ε'),
  momentum: f64('share of the new statistics in the running ones'),
});

export const batchNormRescale = kernelArgs('batch_norm_rescale', {
  gamma: pointer('γ'),
  beta: pointer('β'),
  mean: pointer('mean [2][C]'),
  invstd: pointer('1/√(var + ε)'),
  scale: pointer('scale of `batch_norm_apply`'),
  shift: pointer('shift of `batch_norm_apply`'),
  channels: int('C'),
});

export const batchNormScale = kernelArgs('batch_norm_scale', {
  gamma: pointer('γ'),
  variance: pointer('running variance'),
  scale: pointer('γ/√(var + ε)'),
  channels: int('C'),
  eps: f64('ε'),
});

export const batchNormApply = kernelArgs('batch_norm_apply', {
  x: pointer('x'),
  y: pointer('y'),
  mean: pointer('mean, its first row'),
  scale: pointer('factor of x − mean'),
  shift: pointer('what is added then'),
  residual: optionalPointer('what else is added, shaped as y'),
  activation: activation(),
  rows: int('M'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
});

export const foldBatchNorm = kernelArgs('fold_batch_norm', {
  weights: pointer('w K×(C/G)×R×S'),
  bias: optionalPointer('b of the convolution'),
  gamma: pointer('γ'),
  beta: pointer('β'),
  mean: pointer('running mean'),
  variance: pointer('running variance'),
  foldedWeights: pointer('w′, as w'),
  foldedBias: pointer('b′'),
  filters: int('K'),
  filterSize: int('size of a filter', 'floats'),
  filtersPerChunk: int('filters a chunk'),
  eps: f64('ε'),
});

/** See `kernels/batch-norm-backward.ts`. */
export const batchNormBackwardSums = kernelArgs('batch_norm_backward_sums', {
  dy: pointer('dy'),
  x: pointer('x'),
  y: optionalPointer('y, if there is an activation'),
  activation: activation(),
  mean: pointer('mean, its first row'),
  partials: pointer('[row tile][Σdz, Σdz·(x − mean)][C]'),
  rows: int('M'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  channelsPerTile: int('channels a tile'),
  channelTiles: int('tiles side by side'),
});

export const batchNormBackwardCombine = kernelArgs('batch_norm_backward_combine', {
  partials: pointer('what `batch_norm_backward_sums` leaves'),
  gamma: pointer('γ'),
  mean: pointer('mean [2][C]'),
  invstd: pointer('1/√(var + ε)'),
  dgamma: pointer('dγ'),
  dbeta: pointer('dβ'),
  coefficients: pointer('[a, b, c][C] of `batch_norm_backward_apply`'),
  rows: int('M'),
  channels: int('C'),
  rowTiles: int('tiles one below the other'),
  channelsPerChunk: int('channels a chunk'),
});

export const batchNormBackwardApply = kernelArgs('batch_norm_backward_apply', {
  dy: pointer('dy'),
  x: pointer('x'),
  y: optionalPointer('y, if there is an activation'),
  activation: activation(),
  mean: pointer('mean, its first row'),
  coefficients: pointer('[a, b, c][C]'),
  dx: pointer('dx'),
  dresidual: optionalPointer('dz, the gradient of the residual'),
  rows: int('M'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
});

/** See `kernels/batch-norm-inference-backward.ts`. */
export const batchNormInferenceBackward = kernelArgs('batch_norm_inference_backward', {
  dy: pointer('dy'),
  y: optionalPointer('y, if there is an activation'),
  activation: activation(),
  slope: pointer('γ/√(var + ε)'),
  dx: pointer('dx'),
  dresidual: optionalPointer('dz, the gradient of the residual'),
  rows: int('M'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
});
