import { activation } from './activation.ts';
import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { filter, groupedGradientSides, groupedSides } from './geometry.ts';

const dilatedFilter = {
  ...filter,
  dilationRows: int('dilation between rows', 'pixels'),
  dilationColumns: int('dilation between columns', 'pixels'),
};

/** Forward and backward-input. Of a depthwise convolution a block is of channels, and a group has one. */
export const groupedConv = kernelArgs('grouped_conv', {
  source: pointer('x, or dy for backward-input'),
  target: pointer('y, or dx'),
  weights: pointer('weights, packed by `pack_grouped_weights` or `pack_depthwise_weights`'),
  bias: optionalPointer('bias of each target channel'),
  residual: optionalPointer('what is added to the target, laid out as it'),
  activation: activation(),
  slots: pointer('slots of scratch room; see `kernels/scratch.ts`'),
  slotBytes: int('size of a slot', 'bytes'),
  ...groupedSides,
  ...dilatedFilter,
  transposed: flag('backward-input'),
  rowsPerChunk: int('rows of the target a chunk', 'pixels'),
  rowChunks: int('chunks of rows of a picture'),
  blocks: int('blocks of groups'),
  ringRows: int('packed rows of the source that the ring holds', 'pixels'),
  left: int('columns in front of column 0 of a packed row', 'pixels'),
  perPhase: int('source columns a phase of the stride', 'pixels'),
  outPerPhase: int('target columns a phase of the stride', 'pixels'),
  multiplier: int('outputs of each channel of a depthwise convolution; 0 of any other'),
  blockChunks: int('chunks that share the blocks of the same rows'),
  blocksPerChunk: int('blocks a chunk'),
});

export const groupedGradient = kernelArgs('grouped_gradient', {
  x: pointer('x'),
  dy: pointer('dy'),
  partials: pointer('slices of dw, in the layout of packed weights'),
  slots: pointer('slots of scratch room; see `kernels/scratch.ts`'),
  slotBytes: int('size of a slot', 'bytes'),
  ...groupedGradientSides,
  ...dilatedFilter,
  multiplier: int('outputs of each channel of a depthwise convolution; 0 of any other'),
  rowsPerUnit: int('rows of dy a unit', 'pixels'),
  unitsPerImage: int('units a picture'),
  unitsPerSlice: int('units a slice'),
  units: int('units of all pictures'),
  blocks: int('blocks of groups'),
  left: int('columns in front of column 0 of a packed row of x', 'pixels'),
  perPhase: int('columns of x a phase of the stride', 'pixels'),
  sliceBytes: int('from one slice to the next', 'bytes'),
  blockBytes: int("a block's part of a slice", 'bytes'),
  blockChunks: int('chunks that share the blocks of a slice'),
  blocksPerChunk: int('blocks a chunk'),
});

export const packGroupedWeights = kernelArgs('pack_grouped_weights', {
  weights: pointer('weights K×R×S×(C/G)'),
  packed: pointer('packed weights'),
  sourceDepth: int('C/G, channels a group of x'),
  targetDepth: int('K/G, channels a group of y'),
  taps: int('R·S', 'taps'),
  transposed: flag('for backward-input'),
});

export const reduceGroupedGradient = kernelArgs('reduce_grouped_gradient', {
  partials: pointer('slices of dw, as `grouped_gradient` leaves them'),
  dw: pointer('dw K×R×S×(C/G)'),
  sourceDepth: int('C/G, channels a group of x'),
  targetDepth: int('K/G, channels a group of y'),
  taps: int('R·S', 'taps'),
  slices: int('slices that are added up'),
  sliceBytes: int('from one slice to the next', 'bytes'),
});
