import { int, kernelArgs, list, pointer } from './definition.ts';

/** See `kernels/rearrange.ts`. */
export const rearrange = kernelArgs('rearrange', {
  x: pointer('x'),
  y: pointer('y'),
  rows: int('rows of y'),
  rowsPerChunk: int('rows a chunk'),
  width: int('size of a row', 'floats'),
  perPiece: int('how many of a row a chunk does', 'floats'),
  pieces: int('chunks side by side'),
  step: int('from one float of a row to the next in x', 'floats'),
  axes: int('axes over rows'),
  steps: list('of each axis over rows: its size, and from one to the next in x, in floats'),
});

/** See `kernels/channel-shuffle.ts`. */
export const channelShuffle = kernelArgs('channel_shuffle', {
  x: pointer('x'),
  y: pointer('y'),
  pixels: int('pixels of all pictures'),
  pixelsPerChunk: int('pixels a chunk'),
  groups: int('groups of channels'),
  perGroup: int('channels a group'),
});
