import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/* See `kernels/optimiser.ts`. */

const elements = {
  count: int('size of the tensor', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
};

const clip = optionalPointer('one float that the gradient is multiplied by');

export const sgd = kernelArgs('sgd', {
  parameter: pointer('what is trained'),
  gradient: pointer('its gradient'),
  velocity: optionalPointer('velocity'),
  hyper: pointer('[learning rate, momentum, weight decay]'),
  clip,
  nesterov: flag('Nesterov’s momentum'),
  decay: flag('weight decay'),
  ...elements,
});

export const adamw = kernelArgs('adamw', {
  parameter: pointer('what is trained'),
  gradient: pointer('its gradient'),
  firstMoment: pointer('m'),
  secondMoment: pointer('v'),
  hyper: pointer('[lr/(1 − β₁ᵗ), lr·weight decay, ε, 1/√(1 − β₂ᵗ), β₁, 1 − β₁, β₂, 1 − β₂]'),
  clip,
  decay: flag('weight decay'),
  ...elements,
});

export const ema = kernelArgs('ema', {
  average: pointer('the moving average'),
  current: pointer('what it follows'),
  decay: pointer('[decay, 1 − decay]'),
  ...elements,
});
