import { activation } from './activation.ts';
import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { groupedGradientSides, groupedSides } from './geometry.ts';

export const winogradWeights = kernelArgs('winograd_weights', {
  packed: pointer('weights, packed by `pack_grouped_weights`'),
  transformed: pointer('U = G g Gᵀ of them'),
  inputs: int('channels a group that are summed over'),
  outputs: int('channels a group that come out'),
  flipped: flag('taps in reverse order, for backward-input'),
});

export const winogradWeightsGradient = kernelArgs('winograd_weights_gradient', {
  partials: pointer('slices of dU, as `winograd_gradient` leaves them'),
  packed: pointer('dw, in the layout of packed weights'),
  inputs: int('C/G, channels a group of x'),
  outputs: int('K/G, channels a group of y'),
  slices: int('slices that are added up'),
  sliceBytes: int('from one slice to the next', 'bytes'),
});

/** Forward and backward-input. A block is of some groups, or of channels of one wide group. */
export const winogradConv = kernelArgs('winograd_conv', {
  source: pointer('x, or dy for backward-input'),
  target: pointer('y, or dx'),
  weights: pointer('weights, transformed by `winograd_weights`'),
  bias: optionalPointer('bias of each target channel'),
  residual: optionalPointer('what is added to the target, laid out as it'),
  activation: activation(),
  ...groupedSides,
  sourceBlock: int('source channels of a group a block: all of them unless the group is wide'),
  targetBlock: int('target channels of a group a block, likewise'),
  blocks: int('blocks of target channels'),
  padRows: int('padding above and below', 'pixels'),
  padColumns: int('padding on the left and on the right', 'pixels'),
  tilesPerChunk: int('tiles a chunk'),
  tiles: int('tiles of all pictures'),
  batch: int('tiles a batch, a multiple of 8'),
  blockChunks: int('chunks that share the blocks of the same tiles'),
  blocksPerChunk: int('blocks a chunk'),
});

export const winogradGradient = kernelArgs('winograd_gradient', {
  x: pointer('x'),
  dy: pointer('dy'),
  partials: pointer('slices of dU, in the layout of transformed weights'),
  ...groupedGradientSides,
  sourceBlock: int('channels of x of a group a block: all of them unless the group is wide'),
  targetBlock: int('channels of dy of a group a block, likewise'),
  blocks: int('blocks'),
  padRows: int('padding above and below', 'pixels'),
  padColumns: int('padding on the left and on the right', 'pixels'),
  tilesPerSlice: int('tiles a slice'),
  tiles: int('tiles of all pictures'),
  batch: int('tiles a batch'),
  sliceBytes: int('from one slice to the next', 'bytes'),
  blockChunks: int('chunks that share the blocks of a slice'),
  blocksPerChunk: int('blocks a chunk'),
});
