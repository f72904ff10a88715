import { f64, int, kernelArgs, pointer } from './definition.ts';

/* See `kernels/layer-norm.ts`: M rows of C numbers that lie side by side. */

export const layerNorm = kernelArgs('layer_norm', {
  x: pointer('x'),
  y: pointer('y'),
  gamma: pointer('γ'),
  beta: pointer('β'),
  mean: pointer('mean [2][M]'),
  invstd: pointer('1/√(var + ε)'),
  rows: int('M'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
  eps: f64('ε'),
});

export const layerNormBackward = kernelArgs('layer_norm_backward', {
  dy: pointer('dy'),
  x: pointer('x'),
  gamma: pointer('γ'),
  mean: pointer('mean [2][M]'),
  invstd: pointer('1/√(var + ε)'),
  dx: pointer('dx'),
  partials: pointer('[chunk][Σdy·x̂, Σdy][C]'),
  rows: int('M'),
  channels: int('C'),
  rowsPerChunk: int('rows a chunk'),
});

export const layerNormBackwardCombine = kernelArgs('layer_norm_backward_combine', {
  partials: pointer('what `layer_norm_backward` leaves'),
  dgamma: pointer('dγ'),
  dbeta: pointer('dβ'),
  channels: int('C'),
  parts: int('chunks of `layer_norm_backward`'),
  channelsPerChunk: int('channels a chunk'),
});
