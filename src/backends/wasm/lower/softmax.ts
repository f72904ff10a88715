import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/softmax.ts';
import { call, type Lowering } from '../call.ts';
import { stepsOf } from './axes.ts';
import { chunkFloats } from './chunks.ts';

/** What is normalised together lies in lines of `width` floats. */
function lines(shape: Shape, dim: number) {
  const length = shape[dim];
  const width = stepsOf(shape)[dim];
  const groups = sizeOf(shape) / (length * width);
  // Exponentials take longer than memory.
  const groupsPerChunk = Math.max(1, Math.floor(chunkFloats / 8 / (length * width)));
  return { chunks: Math.ceil(groups / groupsPerChunk), args: { groups, groupsPerChunk, length, width } };
}

export const softmax: Lowering<'softmax'> = {
  calls({ attrs: { dim }, inputs: [x], outputs: [y] }) {
    const { chunks, args } = lines(x.shape, dim);
    return [call(kernels.softmax, chunks, { x: x.address, y: y.address, ...args })];
  },
};

export const softmaxBackward: Lowering<'softmax_backward'> = {
  calls({ attrs: { dim }, inputs: [dy, y], outputs: [dx] }) {
    const { chunks, args } = lines(y.shape, dim);
    return [call(kernels.softmaxBackward, chunks, { x: dy.address, y: y.address, dx: dx.address, ...args })];
  },
};
