import { int, kernelArgs, pointer } from './definition.ts';

/* See `kernels/elementary.ts`. */

const elements = {
  which: int('which function: 0 exp, 1 log, 2 abs, 3 sqrt, 4 softplus'),
  count: int('how many there are', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
};

export const elementaryValue = kernelArgs('elementary_value', {
  x: pointer('x'),
  y: pointer('y'),
  ...elements,
});

export const elementarySlope = kernelArgs('elementary_slope', {
  dy: pointer('dy'),
  x: pointer('x'),
  dx: pointer('dx'),
  ...elements,
});
