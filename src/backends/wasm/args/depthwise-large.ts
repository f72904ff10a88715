import { activation } from './activation.ts';
import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { sizes } from './geometry.ts';

/** A depthwise convolution with a filter larger than 3×3: see `kernels/depthwise-large.ts`. */
const largeGeometry = {
  ...sizes,
  size: int('R, which is S', 'taps'),
  stride: int('stride in both directions, 1 or 2', 'pixels'),
  padding: int('padding on all sides', 'pixels'),
  columns: int('pixels of a packed row of the source, with the zeros around it', 'pixels'),
  rowsPerChunk: int('rows of the target a chunk, or of dy', 'pixels'),
  blocksPerChunk: int('blocks of 16 channels a chunk'),
  blockChunks: int('chunks of so many blocks'),
};

export const depthwiseLarge = kernelArgs('depthwise_large', {
  source: pointer('x, or dy for backward-input'),
  target: pointer('y, or dx'),
  weights: pointer('weights, packed by `pack_depthwise_weights`, flipped for backward-input'),
  bias: optionalPointer('bias of each channel'),
  residual: optionalPointer('what is added to the target, laid out as it'),
  activation: activation(),
  ...largeGeometry,
  rowChunks: int('chunks of rows of a picture'),
  spread: flag('backward-input of a convolution at stride 2; `padding` is that of the flipped filter'),
});

export const depthwiseLargeGradient = kernelArgs('depthwise_large_gradient', {
  x: pointer('x'),
  dy: pointer('dy'),
  partials: pointer('a slice of dw for each chunk of rows'),
  ...largeGeometry,
  rows: int('rows of dy of all pictures', 'pixels'),
  roomRows: int('packed rows that there is room for', 'pixels'),
  sliceBytes: int('from one slice to the next', 'bytes'),
});
