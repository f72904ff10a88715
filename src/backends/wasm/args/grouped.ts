import { activation } from './activation.ts';
import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/** Both directions of a grouped convolution, the gradient of x being one whose source is dy; see `kernels/grouped.ts`. */
export const groupedConv = kernelArgs('grouped_conv', {
  source: pointer('x, or dy for the gradient of x'),
  target: pointer('y, or dx'),
  weights: pointer('weights, packed by `pack_grouped_weights` or `pack_depthwise_weights`'),
  bias: optionalPointer('bias of each target channel'),
  residual: optionalPointer('what is added to the target, shaped as it'),
  activation: activation(),
  slots: pointer('slots of scratch room; see `kernels/scratch.ts`'),
  slotBytes: int('size of a slot', 'bytes'),
  height: int('H of the source', 'pixels'),
  width: int('W of the source', 'pixels'),
  channels: int('C of the source'),
  outHeight: int('H of the target', 'pixels'),
  outWidth: int('W of the target', 'pixels'),
  outChannels: int('C of the target'),
  sourceDepth: int('channels a group of the source; 1 of a depthwise convolution'),
  targetDepth: int('channels a group of the target; 1 of a depthwise convolution'),
  groups: int('groups; channels of a depthwise convolution'),
  groupsPerBlock: int('groups a block'),
  filterRows: int('R', 'taps'),
  filterColumns: int('S', 'taps'),
  strideRows: int('stride between rows', 'pixels'),
  strideColumns: int('stride between columns', 'pixels'),
  padRows: int('padding above and below', 'pixels'),
  padColumns: int('padding on the left and on the right', 'pixels'),
  dilationRows: int('dilation between rows', 'pixels'),
  dilationColumns: int('dilation between columns', 'pixels'),
  transposed: flag('the target is dx'),
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

export const packGroupedWeights = kernelArgs('pack_grouped_weights', {
  weights: pointer('weights K×R×S×(C/G)'),
  packed: pointer('packed weights; see `kernels/grouped-weights.ts`'),
  sourceDepth: int('C/G, channels a group of x'),
  targetDepth: int('K/G, channels a group of y'),
  taps: int('R·S', 'taps'),
  transposed: flag('for the gradient of x'),
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
