import type { FlattenOps } from '../../../graph/ops/flatten.ts';
import { toChannelsLast, toContiguous } from '../../channels-last.ts';
import type { Kernels } from '../kernel.ts';

export const flattenKernels: Kernels<FlattenOps> = {
  /** N×H×W×C as stored → N×(C·H·W), PyTorch's order of features, so that a classifier's weight means the same here. */
  flatten: (_, [x], [y]) => {
    y.data.set(toContiguous(x.data, x.shape));
  },

  flatten_backward: (_, [dy], [dx]) => {
    dx.data.set(toChannelsLast(dy.data, dx.shape));
  },
};
