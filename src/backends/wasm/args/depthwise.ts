import { activation } from './activation.ts';
import { extendArgs, flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { sizes } from './geometry.ts';

export const packDepthwiseWeights = kernelArgs('pack_depthwise_weights', {
  weights: pointer('weights K×R×S×1'),
  packed: pointer('packed weights'),
  filters: int('K'),
  taps: int('R·S', 'taps'),
  perBlock: int('channels a block'),
  flipped: flag('taps in reverse order'),
  paired: flag('the build for 256-bit vectors packs planes of eight channels'),
});

export const reduceDepthwiseGradient = kernelArgs('reduce_depthwise_gradient', {
  partials: pointer('slices of dw, in the layout of packed weights'),
  dw: pointer('dw K×R×S×1'),
  filters: int('K'),
  taps: int('R·S', 'taps'),
  perBlock: int('channels a block'),
  slices: int('slices that are added up'),
  sliceBytes: int('from one slice to the next', 'bytes'),
  paired: flag('the build for 256-bit vectors leaves planes of eight channels'),
});

/** Forward and backward-input; source and target have the same channels. */
export const depthwise3x3 = kernelArgs('depthwise_3x3', {
  source: pointer('x, or dy for backward-input'),
  target: pointer('y, or dx'),
  weights: pointer('weights, packed by `pack_depthwise_weights`'),
  bias: optionalPointer('bias of each channel'),
  residual: optionalPointer('what is added to the target, laid out as it'),
  activation: activation(),
  height: int('H of the source', 'pixels'),
  width: int('W of the source', 'pixels'),
  channels: int('C'),
  outHeight: int('H of the target', 'pixels'),
  outWidth: int('W of the target', 'pixels'),
  stride: int('stride in both directions, 1 or 2', 'pixels'),
  transposed: flag('backward-input'),
  rowsPerChunk: int('rows of the target a chunk', 'pixels'),
  rowChunks: int('chunks of rows of a picture'),
  rowsTogether: int('rows that are done tile by tile', 'pixels'),
});

export const depthwise3x3Gradient = kernelArgs('depthwise_3x3_gradient', {
  x: pointer('x'),
  dy: pointer('dy'),
  partials: pointer('a slice of dw for each chunk'),
  ...sizes,
  stride: int('stride in both directions, 1 or 2', 'pixels'),
  rowsPerChunk: int('rows of dy a chunk', 'pixels'),
  rows: int('rows of dy of all pictures', 'pixels'),
  sliceBytes: int('from one slice to the next', 'bytes'),
  rowsTogether: int('rows of dy that are done tile by tile', 'pixels'),
});

/** Both gradients in one pass over dy. */
export const depthwise3x3Gradients = extendArgs(depthwise3x3Gradient, 'depthwise_3x3_gradients', {
  dx: pointer('dx'),
  weights: pointer('weights, packed by `pack_depthwise_weights`, flipped at stride 1'),
});
