import { int } from './definition.ts';

/* Fields that kernels of several families share: their definitions spread them. */

/** The sizes of x and y. */
export const sizes = {
  height: int('H', 'pixels'),
  width: int('W', 'pixels'),
  channels: int('C'),
  outHeight: int('P', 'pixels'),
  outWidth: int('Q', 'pixels'),
};

export const filter = {
  filterRows: int('R', 'taps'),
  filterColumns: int('S', 'taps'),
  strideRows: int('stride between rows', 'pixels'),
  strideColumns: int('stride between columns', 'pixels'),
  padRows: int('padding above and below', 'pixels'),
  padColumns: int('padding on the left and on the right', 'pixels'),
};

/** Forward and backward-input of a grouped convolution, where either side is the source. */
export const groupedSides = {
  height: int('H of the source', 'pixels'),
  width: int('W of the source', 'pixels'),
  channels: int('C of the source'),
  outHeight: int('H of the target', 'pixels'),
  outWidth: int('W of the target', 'pixels'),
  outChannels: int('C of the target'),
  sourceDepth: int('channels a group of the source'),
  targetDepth: int('channels a group of the target'),
  groups: int('groups'),
  groupsPerBlock: int('groups a block'),
};

/** Backward-weight of a grouped convolution. */
export const groupedGradientSides = {
  ...sizes,
  outChannels: int('K'),
  sourceDepth: int('C/G, channels a group of x'),
  targetDepth: int('K/G, channels a group of dy'),
  groups: int('groups'),
  groupsPerBlock: int('groups a block'),
};
