import { conv2d1x1, conv2d1x1BackwardInput, conv2d1x1BackwardWeight } from './blas-conv2d-1x1.ts';
import { linear, linearBackwardInput, linearBackwardWeight } from './blas-linear.ts';
import { patchesConv2d, patchesConv2dBackwardWeight } from './blas-patches.ts';
import type { BlasUse } from './blas-product.ts';

/** What matmuls become where there is a native library. */
export function blasLowerings(use: BlasUse) {
  return {
    conv2d: conv2d1x1(use),
    conv2dBackwardInput: conv2d1x1BackwardInput(use),
    conv2dBackwardWeight: conv2d1x1BackwardWeight(use),
    patches: patchesConv2d(use),
    patchesBackwardWeight: patchesConv2dBackwardWeight(use),
    linear: {
      linear: linear(use),
      linear_backward_input: linearBackwardInput(use),
      linear_backward_weight: linearBackwardWeight(use),
    },
  };
}
