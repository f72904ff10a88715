/** The table of a script that only predicts, in a page: it stands for `table.ts`. Plans that train are refused, as of unknown ops. */
import { batchNormInference, foldBatchNorm } from './batch-norm.ts';
import { conv2d } from './conv2d.ts';
import { add, hardsigmoid, relu, relu6, scale } from './elementwise.ts';
import { concat, crop2d, flatten, pad2d, padChannels, sliceChannels, subsample } from './layout.ts';
import { linear } from './linear.ts';
import type { Lowerings } from './lowerings.ts';
import { adaptiveAvgPool2d, adaptiveMaxPool2d, avgPool2d, maxPool2d } from './pool.ts';

export type { Lowerings };

/** Every op that networks use when they only predict, and that is not a matmul or a convolution. */
export const inferenceLowerings = {
  batch_norm_inference: batchNormInference,
  fold_batch_norm: foldBatchNorm,
  ...{ relu, relu6, hardsigmoid, scale, add },
  max_pool2d: maxPool2d,
  avg_pool2d: avgPool2d,
  adaptive_max_pool2d: adaptiveMaxPool2d,
  adaptive_avg_pool2d: adaptiveAvgPool2d,
  ...{ concat, pad2d, crop2d, subsample, flatten },
  slice_channels: sliceChannels,
  pad_channels: padChannels,
} satisfies Lowerings;

export const plain: Lowerings = { conv2d, linear, ...inferenceLowerings };

export function withBlas(): Lowerings {
  return plain;
}

/** Only gradients are lowered together. */
export function lowerJoined(): undefined {
  return undefined;
}
