/** The table of a script that trains in a page, where there is no native library: it stands for `table.ts`. */
import { conv2d, conv2dBackwardInput, conv2dBackwardWeight } from './conv2d.ts';
import { linear, linearBackwardInput, linearBackwardWeight } from './linear.ts';
import type { Lowerings } from './lowerings.ts';
import { opLowerings } from './ops.ts';

export type { Lowerings };
export { lowerJoined } from './joined.ts';

/** Every op; one that is missing here is a type error. */
export const plain: Required<Lowerings> = {
  ...opLowerings,
  conv2d,
  conv2d_backward_input: conv2dBackwardInput,
  conv2d_backward_weight: conv2dBackwardWeight,
  linear,
  linear_backward_input: linearBackwardInput,
  linear_backward_weight: linearBackwardWeight,
};

/** Never called: there is no library. */
export function withBlas(): Lowerings {
  return plain;
}
