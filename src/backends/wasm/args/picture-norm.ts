import { extendArgs, f64, flag, int, kernelArgs, pointer } from './definition.ts';

/* Norms with statistics of each picture: N pictures of HW rows of C channels; see `kernels/picture-norm.ts`. */

/** How the rows of a picture are cut for sums over them. */
const tiles = {
  images: int('N'),
  rows: int('HW'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  rowTiles: int('tiles one below the other, in a picture'),
  channelsPerTile: int('channels a tile'),
  channelTiles: int('tiles side by side'),
};

export const pictureMoments = kernelArgs('picture_moments', {
  x: pointer('x'),
  partials: pointer('[N][row tile][shift, Σd, Σd²][C], d = x − shift'),
  centred: flag('the shift is about the mean; else it is 0'),
  ...tiles,
});

export const pictureSums = kernelArgs('picture_sums', {
  dy: pointer('dy'),
  x: pointer('x'),
  mean: pointer('[N][C], what is subtracted from x'),
  partials: pointer('[N][row tile][Σdy, Σdy·(x − mean)][C]'),
  ...tiles,
});

export const pictureApply = kernelArgs('picture_apply', {
  x: pointer('x'),
  y: pointer('y = scale·(x − mean) + shift'),
  mean: pointer('[N][C]'),
  scale: pointer('[N][C]'),
  shift: pointer('[N][C]'),
  rows: int('HW'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
  rowChunks: int('chunks a picture'),
});

export const pictureBackwardApply = extendArgs(pictureApply, 'picture_backward_apply', {
  dy: pointer('dy; dx, at y, is scale·dy + slope·(x − mean) + shift'),
  slope: pointer('[N][C]'),
});

export const groupNormCombine = kernelArgs('group_norm_combine', {
  partials: pointer('what `picture_moments` leaves'),
  gamma: pointer('γ'),
  beta: pointer('β'),
  mean: pointer('mean [2][N·G]'),
  invstd: pointer('1/√(var + ε)'),
  means: pointer('[N][C] of `picture_apply`'),
  scale: pointer('[N][C] of `picture_apply`'),
  shift: pointer('[N][C] of `picture_apply`'),
  groups: int('G'),
  statistics: int('N·G'),
  rows: int('HW'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  rowTiles: int('tiles one below the other, in a picture'),
  eps: f64('ε'),
});

export const groupNormMeans = kernelArgs('group_norm_means', {
  mean: pointer('mean [2][N·G]'),
  means: pointer('[N][C], its first row for each channel'),
  groups: int('G'),
  channels: int('C'),
});

export const groupNormBackwardCombine = kernelArgs('group_norm_backward_combine', {
  partials: pointer('what `picture_sums` leaves'),
  gamma: pointer('γ'),
  mean: pointer('mean [2][N·G]'),
  invstd: pointer('1/√(var + ε)'),
  dgamma: pointer('dγ'),
  dbeta: pointer('dβ'),
  scale: pointer('[N][C] of `picture_backward_apply`'),
  slope: pointer('[N][C] of `picture_backward_apply`'),
  shift: pointer('[N][C] of `picture_backward_apply`'),
  groups: int('G'),
  images: int('N'),
  rows: int('HW'),
  channels: int('C'),
  rowTiles: int('tiles one below the other, in a picture'),
});

export const globalResponseNormCombine = kernelArgs('global_response_norm_combine', {
  partials: pointer('what `picture_moments` leaves'),
  gamma: pointer('γ'),
  beta: pointer('β'),
  norm: pointer('norm [N][C]'),
  means: pointer('[N][C] of `picture_apply`: zeros'),
  scale: pointer('[N][C] of `picture_apply`'),
  shift: pointer('[N][C] of `picture_apply`'),
  channels: int('C'),
  rowTiles: int('tiles one below the other, in a picture'),
  eps: f64('ε'),
});

export const globalResponseNormBackwardCombine = kernelArgs('global_response_norm_backward_combine', {
  partials: pointer('what `picture_sums` leaves'),
  gamma: pointer('γ'),
  norm: pointer('norm [N][C]'),
  dgamma: pointer('dγ'),
  dbeta: pointer('dβ'),
  divisors: pointer('room for a double for each picture'),
  scale: pointer('[N][C] of `picture_backward_apply`'),
  slope: pointer('[N][C] of `picture_backward_apply`'),
  shift: pointer('[N][C] of `picture_backward_apply`: zeros'),
  images: int('N'),
  channels: int('C'),
  rowTiles: int('tiles one below the other, in a picture'),
  eps: f64('ε'),
});
