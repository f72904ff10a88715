import { extendArgs, int, kernelArgs, pointer } from './definition.ts';

/** See `kernels/softmax.ts`. */
export const softmax = kernelArgs('softmax', {
  x: pointer('x [group][line][float], or dy of a gradient'),
  y: pointer('y'),
  groups: int('groups'),
  groupsPerChunk: int('groups a chunk'),
  length: int('how many are normalised together'),
  width: int('from one of them to the next', 'floats'),
});

export const softmaxBackward = extendArgs(softmax, 'softmax_backward', { dx: pointer('dx') });
