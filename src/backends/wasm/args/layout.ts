import { int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { sizes } from './geometry.ts';

/* See `kernels/layout.ts`. */

export const copyChannels = kernelArgs('copy_channels', {
  source: optionalPointer('where from, zeros'),
  target: pointer('where to'),
  pixels: int('pixels of all pictures'),
  pixelsPerChunk: int('pixels a chunk'),
  sourceChannels: int('channels of the source'),
  sourceFirst: int('the first of the source that is copied'),
  targetChannels: int('channels of the target'),
  targetFirst: int('the first of the target that is written'),
  length: int('channels that are copied'),
});

export const padPicture = kernelArgs('pad_picture', {
  x: pointer('x'),
  y: pointer('y'),
  ...sizes,
  top: int('rows of y above x, or minus the rows that are cut off', 'pixels'),
  left: int('columns of y beside x, or minus the columns that are cut off', 'pixels'),
});

export const subsample = kernelArgs('subsample', {
  x: pointer('x'),
  y: pointer('y'),
  ...sizes,
  stride: int('from one pixel that is taken to the next', 'pixels'),
});

export const subsampleBackward = kernelArgs('subsample_backward', {
  dy: pointer('dy'),
  dx: pointer('dx'),
  ...sizes,
  stride: int('from one pixel that was taken to the next', 'pixels'),
});

export const transpose = kernelArgs('transpose', {
  source: pointer('[picture][row][column]'),
  target: pointer('[picture][column][row]'),
  rows: int('rows of the source'),
  columns: int('columns of the source'),
  rowsPerChunk: int('rows a chunk'),
  chunksPerImage: int('chunks a picture'),
});
