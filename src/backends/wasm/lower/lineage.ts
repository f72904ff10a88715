import { activationLowerings } from './activations.ts';
import { batchNormActivationBackward, batchNormActivationBackwardReduce } from './batch-norm-activation.ts';
import { addBroadcast, addScalar, div, expand, mul, mulBackward, sub } from './broadcast.ts';
import { convTranspose2d } from './conv-transpose.ts';
import { elementaryLowerings } from './elementary.ts';
import { dropPath } from './drop-path.ts';
import type { Lowerings } from './lowerings.ts';
import { lamb, lion, rmsprop } from './more-optimisers.ts';
import { bmm } from './matmul.ts';
import { channelShuffle, permute, reshape, split } from './rearrange.ts';
import {
  binaryCrossEntropy,
  binaryCrossEntropyBackward,
  softmaxFocal,
  softmaxFocalBackward,
} from './losses.ts';
import { softmax, softmaxBackward } from './softmax.ts';
import { mean, sum } from './sums.ts';
import { layerNorm, layerNormBackward } from './layer-norm.ts';
import {
  globalResponseNorm,
  globalResponseNormBackward,
  groupNorm,
  groupNormBackward,
} from './picture-norm.ts';
import { blurPool2d, blurPool2dBackward, interpolate, interpolateBackward } from './resample.ts';

/** The ops of networks after ResNeXt, as `graph/ops/lineage.ts` has them. */
export const lineageLowerings = {
  ...{ rmsprop, lion, lamb },
  ...activationLowerings,
  ...elementaryLowerings,
  batch_norm_activation_backward: batchNormActivationBackward,
  batch_norm_activation_backward_reduce: batchNormActivationBackwardReduce,
  ...{ mul, mul_backward: mulBackward, div, sub, add_broadcast: addBroadcast, add_scalar: addScalar },
  ...{ sum, mean, expand },
  ...{ reshape, permute, split, channel_shuffle: channelShuffle },
  ...{ softmax, softmax_backward: softmaxBackward },
  ...{ bmm, drop_path: dropPath },
  blur_pool2d: blurPool2d,
  blur_pool2d_backward: blurPool2dBackward,
  conv_transpose2d: convTranspose2d,
  global_response_norm: globalResponseNorm,
  global_response_norm_backward: globalResponseNormBackward,
  group_norm: groupNorm,
  group_norm_backward: groupNormBackward,
  ...{ interpolate, interpolate_backward: interpolateBackward },
  layer_norm: layerNorm,
  layer_norm_backward: layerNormBackward,
  binary_cross_entropy_with_logits: binaryCrossEntropy,
  binary_cross_entropy_with_logits_backward: binaryCrossEntropyBackward,
  ...{ softmax_focal_loss: softmaxFocal, softmax_focal_loss_backward: softmaxFocalBackward },
} satisfies Lowerings;
