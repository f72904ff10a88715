import { f64, int, kernelArgs, list, pointer } from './definition.ts';

/* Batch norm over several ranks; see `kernels/sync-batch-norm.ts`. M are the rows of this rank. */

export const batchNormStats = kernelArgs('batch_norm_stats', {
  partials: pointer('what `batch_norm_moments` leaves'),
  moments: pointer('[rank][mean, rest of the mean, M2][C]'),
  rank: int('which rank this is'),
  ranks: int('how many there are'),
  rows: int('M'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  channelsPerChunk: int('channels a chunk'),
});

export const batchNormGatherStats = kernelArgs('batch_norm_gather_stats', {
  moments: pointer('[rank][mean, rest of the mean, M2][C]'),
  runningMean: pointer('running mean, which is updated'),
  runningVariance: pointer('running variance, which is updated'),
  mean: pointer('mean [2][C]'),
  invstd: pointer('1/√(var + ε)'),
  ranks: int('how many there are'),
  channels: int('C'),
  eps: f64('ε'),
  momentum: f64('share of the new statistics in the running ones'),
  counts: list('M of each rank'),
});

export const batchNormBackwardScale = kernelArgs('batch_norm_backward_scale', {
  gamma: pointer('γ'),
  mean: pointer('mean [2][C]'),
  invstd: pointer('1/√(var + ε)'),
  sums: pointer('[Σdz, Σdz·x̂][C] over all ranks'),
  coefficients: pointer('[a, b, c][C] of `batch_norm_backward_apply`'),
  channels: int('C'),
  count: f64('M of all ranks together'),
});
