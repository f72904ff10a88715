import { extendArgs, flag, int, kernelArgs, pointer } from './definition.ts';
import { sizes } from './geometry.ts';

/** The windows, and how work on them is cut; see `kernels/pool.ts`. */
const geometry = {
  ...sizes,
  windowRows: int('rows of a window', 'pixels'),
  windowColumns: int('columns of a window', 'pixels'),
  strideRows: int('stride between rows', 'pixels'),
  strideColumns: int('stride between columns', 'pixels'),
  padRows: int('padding above and below', 'pixels'),
  padColumns: int('padding on the left and on the right', 'pixels'),
  channelsPerChunk: int('channels a chunk'),
  blocks: int('blocks of so many channels'),
  rowsPerChunk: int('rows a chunk, of what is written', 'pixels'),
  rowChunks: int('chunks of so many rows of a picture'),
};

export const maxPool = kernelArgs('max_pool', {
  source: pointer('x, or dy of a gradient'),
  target: pointer('y, or dx'),
  ...geometry,
});

export const avgPool = extendArgs(maxPool, 'avg_pool', {
  countPadding: flag('a mean is over the padding as well'),
});

export const maxPoolBackward = extendArgs(maxPool, 'max_pool_backward', {
  x: pointer('x, which tells the largest of each window'),
});

export const avgPoolBackward = extendArgs(avgPool, 'avg_pool_backward', {});

/** See `kernels/adaptive-pool.ts`. */
export const adaptiveMaxPool = kernelArgs('adaptive_max_pool', {
  source: pointer('x, or dy of a gradient'),
  target: pointer('y, or dx'),
  ...sizes,
});

export const adaptiveAvgPool = extendArgs(adaptiveMaxPool, 'adaptive_avg_pool', {});

export const adaptiveAvgPoolBackward = extendArgs(adaptiveMaxPool, 'adaptive_avg_pool_backward', {});

export const adaptiveMaxPoolBackward = extendArgs(adaptiveMaxPool, 'adaptive_max_pool_backward', {
  x: pointer('x, which tells the largest of each window'),
  channelsPerChunk: int('channels a chunk'),
  blocks: int('blocks of so many channels'),
});
