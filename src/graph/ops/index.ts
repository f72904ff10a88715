import type { OpDefinition } from '../op.ts';
import type { OpName } from '../op-table.ts';
import { add } from './arithmetic.ts';
import {
  adaptiveAvgPool2d,
  adaptiveAvgPool2dBackward,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dBackward,
} from './adaptive-pool.ts';
import {
  batchNorm,
  batchNormBackward,
  batchNormInference,
  batchNormInferenceBackward,
  batchNormRecompute,
  foldBatchNorm,
} from './batch-norm.ts';
import { channelSum } from './channel-sum.ts';
import { concat, padChannels, sliceChannels } from './channels.ts';
import { conv2d, conv2dBackwardInput, conv2dBackwardWeight } from './conv2d.ts';
import { dropout } from './dropout.ts';
import { flatten, flattenBackward } from './flatten.ts';
import { linear, linearBackwardInput, linearBackwardWeight } from './linear.ts';
import { crop2d, pad2d } from './pad.ts';
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from './pool.ts';
import { relu, reluBackward } from './relu.ts';
import { relu6, relu6Backward } from './relu6.ts';
import { scale } from './scale.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from './softmax-cross-entropy.ts';
import { subsample, subsampleBackward } from './subsample.ts';
import { accumulate, adamw, ema, gradientNorm, sgd } from './update.ts';

/** Every op's definition; an op of the table without one is a type error. */
export const ops: { readonly [K in OpName]: OpDefinition<K> } = {
  conv2d,
  conv2d_backward_input: conv2dBackwardInput,
  conv2d_backward_weight: conv2dBackwardWeight,
  channel_sum: channelSum,
  batch_norm: batchNorm,
  batch_norm_recompute: batchNormRecompute,
  batch_norm_inference: batchNormInference,
  batch_norm_backward: batchNormBackward,
  batch_norm_inference_backward: batchNormInferenceBackward,
  fold_batch_norm: foldBatchNorm,
  relu,
  relu_backward: reluBackward,
  relu6,
  relu6_backward: relu6Backward,
  scale,
  add,
  max_pool2d: maxPool2d,
  max_pool2d_backward: maxPool2dBackward,
  avg_pool2d: avgPool2d,
  avg_pool2d_backward: avgPool2dBackward,
  adaptive_max_pool2d: adaptiveMaxPool2d,
  adaptive_max_pool2d_backward: adaptiveMaxPool2dBackward,
  adaptive_avg_pool2d: adaptiveAvgPool2d,
  adaptive_avg_pool2d_backward: adaptiveAvgPool2dBackward,
  pad2d,
  crop2d,
  concat,
  slice_channels: sliceChannels,
  pad_channels: padChannels,
  subsample,
  subsample_backward: subsampleBackward,
  flatten,
  flatten_backward: flattenBackward,
  linear,
  linear_backward_input: linearBackwardInput,
  linear_backward_weight: linearBackwardWeight,
  dropout,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_cross_entropy_backward: softmaxCrossEntropyBackward,
  accumulate,
  gradient_norm: gradientNorm,
  sgd,
  adamw,
  ema,
};
