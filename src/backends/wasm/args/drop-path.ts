import { f32, flag, int, kernelArgs, pointer } from './definition.ts';

/** See `kernels/drop-path.ts`. */
export const dropPath = kernelArgs('drop_path', {
  x: pointer('x'),
  y: pointer('y'),
  seed: pointer('one float, an integer below 2²⁴'),
  stream: int('what is mixed into the seed'),
  offset: int('number of the first picture, the low bits of it'),
  threshold: int('the least hash that is kept, the bits of an unsigned word'),
  scale: f32('what is kept is multiplied by it'),
  keeps: flag('anything is kept: p < 1'),
  perPicture: int('floats of a picture', 'floats'),
  perChunk: int('how many a chunk does', 'floats'),
  chunksPerPicture: int('chunks a picture'),
});
