import { flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/* See `kernels/more-optimisers.ts`. */

const elements = {
  count: int('size of the tensor', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
};

const trained = { parameter: pointer('what is trained'), gradient: pointer('its gradient') };
const clip = optionalPointer('one float that the gradient is multiplied by');
const decay = flag('weight decay');

export const rmsprop = kernelArgs('rmsprop', {
  ...trained,
  squareAverage: pointer('s'),
  buffer: optionalPointer('what momentum keeps'),
  hyper: pointer('[learning rate, α, 1 − α, ε, momentum, weight decay]'),
  clip,
  tensorflow: flag('ε within the root, and the learning rate within the buffer'),
  decay,
  ...elements,
});

export const lion = kernelArgs('lion', {
  ...trained,
  average: pointer('m'),
  hyper: pointer('[lr, lr·weight decay, β₁, 1 − β₁, β₂, 1 − β₂]'),
  clip,
  decay,
  ...elements,
});

export const lambDirection = kernelArgs('lamb_direction', {
  ...trained,
  firstMoment: pointer('m'),
  secondMoment: pointer('v'),
  hyper: pointer('[lr, weight decay, ε, 1/√(1 − β₂ᵗ), β₁, 1 − β₁, β₂, 1 − β₂, 1/(1 − β₁ᵗ)]'),
  direction: pointer('where to go, like the parameter'),
  clip,
  decay,
  ...elements,
});

export const lambApply = kernelArgs('lamb_apply', {
  parameter: pointer('what is trained'),
  direction: pointer('what `lamb_direction` leaves'),
  hyper: pointer('[learning rate, …]'),
  squares: optionalPointer('what `squared_norm` leaves of the parameter, then of the direction'),
  pieces: int('how many there are of each'),
  ...elements,
});
