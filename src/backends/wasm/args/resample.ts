import { int, kernelArgs, list, pointer } from './definition.ts';
import { sizes } from './geometry.ts';

/** See `kernels/resample.ts`. */
export const resample = kernelArgs('resample', {
  source: pointer('x'),
  target: pointer('y'),
  ...sizes,
  rowTaps: int('taps of all rows of y'),
  taps: list(
    'P + 1 and Q + 1 places where the taps of each row and each column of y begin and end; then the taps of rows and of columns, each a row or column of x and the bits of its weight',
  ),
});
