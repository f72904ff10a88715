import { activation } from './activation.ts';
import { f32, int, kernelArgs, pointer } from './definition.ts';

/** See `kernels/activations.ts`. */
const elements = {
  activation: activation(),
  slope: f32('what leaky ReLU multiplies numbers below 0 by'),
  count: int('how many there are', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
};

export const activate = kernelArgs('activate', { x: pointer('x'), y: pointer('y'), ...elements });

export const activateBackward = kernelArgs('activate_backward', {
  dy: pointer('dy'),
  x: pointer('x'),
  dx: pointer('dx'),
  ...elements,
});
