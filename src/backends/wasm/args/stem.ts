import { activation } from './activation.ts';
import { int, kernelArgs, optionalPointer, pointer } from './definition.ts';

/** A dense convolution of three channels at stride 2: see `kernels/stem.ts`. */
export const stem = kernelArgs('stem', {
  x: pointer('x N×H×W×3'),
  y: pointer('y'),
  packed: pointer('weights, packed by `pack_taps`'),
  bias: optionalPointer('bias of each output channel'),
  activation: activation(),
  height: int('H', 'pixels'),
  width: int('W', 'pixels'),
  outHeight: int('P', 'pixels'),
  outWidth: int('Q', 'pixels'),
  outChannels: int('K, a multiple of 8'),
  filterRows: int('R', 'taps'),
  filterColumns: int('S', 'taps'),
  padRows: int('padding above', 'pixels'),
  padColumns: int('padding on the left', 'pixels'),
  rowsPerChunk: int('rows of y a chunk', 'pixels'),
  rowChunks: int('chunks of rows of a picture'),
});
