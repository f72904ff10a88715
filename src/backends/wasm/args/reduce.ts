import { int, kernelArgs, list, pointer } from './definition.ts';

/* See `kernels/reduce.ts` and `kernels/sum-parts.ts`. */

export const channelSumTiles = kernelArgs('channel_sum_tiles', {
  x: pointer('x'),
  partials: pointer('[row tile][C]'),
  rows: int('rows of x'),
  channels: int('C'),
  rowsPerTile: int('rows a tile'),
  channelsPerTile: int('channels a tile'),
  channelTiles: int('tiles side by side'),
});

export const channelSumCombine = kernelArgs('channel_sum_combine', {
  partials: pointer('what `channel_sum_tiles` leaves'),
  sums: pointer('Σ of each channel'),
  channels: int('C'),
  rowTiles: int('tiles one below the other'),
  channelsPerChunk: int('channels a chunk'),
});

export const squaredNorm = kernelArgs('squared_norm', {
  partials: pointer('a double for each chunk'),
  perChunk: int('how many a chunk does', 'floats'),
  tensors: list('address and size (in floats) of each tensor'),
});

export const normCombine = kernelArgs('norm_combine', {
  partials: pointer('what `squared_norm` leaves'),
  count: int('how many there are'),
  maxNorm: pointer('the largest norm, one float'),
  norm: pointer('‖g‖, one float'),
  coefficient: pointer('what gradients are to be multiplied by, one float'),
});

export const sumParts = kernelArgs('sum_parts', {
  partials: pointer('[part][count]'),
  out: pointer('their sum'),
  count: int('size of a part', 'floats'),
  parts: int('parts'),
  perChunk: int('how many a chunk does, a multiple of 4', 'floats'),
});
