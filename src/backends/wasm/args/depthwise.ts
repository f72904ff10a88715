import { flag, int, kernelArgs, pointer } from './definition.ts';

export const packDepthwiseWeights = kernelArgs('pack_depthwise_weights', {
  weights: pointer('weights K×R×S×1'),
  packed: pointer('packed weights; see `kernels/depthwise.ts`'),
  filters: int('K'),
  taps: int('R·S', 'taps'),
  perBlock: int('channels a block'),
  flipped: flag('taps in reverse order'),
  paired: flag('the build for 256-bit vectors packs planes of eight channels'),
});

export const reduceDepthwiseGradient = kernelArgs('reduce_depthwise_gradient', {
  partials: pointer('slices of dw, packed as the weights are'),
  dw: pointer('dw K×R×S×1'),
  filters: int('K'),
  taps: int('R·S', 'taps'),
  perBlock: int('channels a block'),
  slices: int('slices that are added up'),
  sliceBytes: int('from one slice to the next', 'bytes'),
  paired: flag('the build for 256-bit vectors leaves planes of eight channels'),
});
