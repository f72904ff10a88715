import { f32, int, kernelArgs, pointer } from './definition.ts';

export const fill = kernelArgs('fill', {
  out: pointer('what is filled'),
  count: int('how much of it', 'floats'),
  perChunk: int('what a chunk fills', 'floats'),
  value: f32('what it is filled with'),
});
