import { activation } from './activation.ts';
import { f32, flag, int, kernelArgs, pointer } from './definition.ts';

/** See `kernels/elementwise.ts`. */
const elements = {
  count: int('how many there are', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
};

const unary = { x: pointer('x'), y: pointer('y'), ...elements };
const gradient = { dy: pointer('dy'), y: pointer('y'), dx: pointer('dx'), ...elements };

export const relu = kernelArgs('relu', unary);
export const reluBackward = kernelArgs('relu_backward', gradient);
export const relu6 = kernelArgs('relu6', unary);
export const relu6Backward = kernelArgs('relu6_backward', gradient);
export const hardsigmoid = kernelArgs('hardsigmoid', unary);
export const hardsigmoidBackward = kernelArgs('hardsigmoid_backward', {
  dy: pointer('dy'),
  x: pointer('x'),
  dx: pointer('dx'),
  ...elements,
});

export const scale = kernelArgs('scale', { ...unary, factor: f32('what x is multiplied by') });

export const add = kernelArgs('add', {
  a: pointer('a'),
  b: pointer('b'),
  y: pointer('a + b'),
  ...elements,
  activation: activation(),
});

export const copy = kernelArgs('copy', { source: pointer('from'), target: pointer('to'), ...elements });

export const accumulate = kernelArgs('accumulate', {
  accumulator: pointer('what is added to'),
  gradient: pointer('what is added'),
  scale: pointer('one float by which what is there is multiplied; 0 overwrites it'),
  ...elements,
});

/** See `kernels/dropout.ts`. */
export const dropout = kernelArgs('dropout', {
  x: pointer('x'),
  y: pointer('y'),
  seed: pointer('one float, an integer below 2²⁴'),
  stream: int('what is mixed into the seed'),
  offset: int('number of the first element, the low bits of it'),
  threshold: int('the least hash that is kept, the bits of an unsigned word'),
  scale: f32('what is kept is multiplied by it'),
  keeps: flag('anything is kept: p < 1'),
  pixels: int('pixels of all pictures; rows of a matrix'),
  pixelsPerChunk: int('pixels a chunk'),
  channels: int('C'),
  pixelsPerImage: int('pixels a picture'),
});
