import type { OpName } from '../../graph/op-table.ts';
import type { Kernel } from './kernel.ts';
import * as batchNorm from './ops/batch-norm.ts';
import * as channels from './ops/channels.ts';
import * as conv2d from './ops/conv2d.ts';
import * as elementwise from './ops/arithmetic.ts';
import * as linear from './ops/linear.ts';
import * as pad from './ops/pad.ts';
import * as pool from './ops/pool.ts';
import * as loss from './ops/softmax-cross-entropy.ts';
import * as update from './ops/update.ts';

/** Every op of the catalogue; one that is missing here is a type error. */
export const kernels: { readonly [K in OpName]: Kernel<K> } = {
  conv2d: conv2d.conv2d,
  conv2d_backward_input: conv2d.conv2dBackwardInput,
  conv2d_backward_weight: conv2d.conv2dBackwardWeight,
  channel_sum: batchNorm.channelSum,

  batch_norm: batchNorm.batchNorm,
  batch_norm_recompute: batchNorm.batchNormRecompute,
  batch_norm_inference: batchNorm.batchNormInference,
  batch_norm_backward: batchNorm.batchNormBackward,
  batch_norm_inference_backward: batchNorm.batchNormInferenceBackward,
  fold_batch_norm: batchNorm.foldBatchNorm,

  relu: elementwise.relu,
  relu_backward: elementwise.reluBackward,
  relu6: elementwise.relu6,
  relu6_backward: elementwise.relu6Backward,
  scale: elementwise.scale,
  add: elementwise.add,
  dropout: elementwise.dropout,

  max_pool2d: pool.maxPool2d,
  max_pool2d_backward: pool.maxPool2dBackward,
  avg_pool2d: pool.avgPool2d,
  avg_pool2d_backward: pool.avgPool2dBackward,
  adaptive_max_pool2d: pool.adaptiveMaxPool2d,
  adaptive_max_pool2d_backward: pool.adaptiveMaxPool2dBackward,
  adaptive_avg_pool2d: pool.adaptiveAvgPool2d,
  adaptive_avg_pool2d_backward: pool.adaptiveAvgPool2dBackward,

  pad2d: pad.pad2d,
  crop2d: pad.crop2d,

  concat: channels.concat,
  slice_channels: channels.sliceChannels,
  pad_channels: channels.padChannels,
  subsample: channels.subsample,
  subsample_backward: channels.subsampleBackward,

  flatten: linear.flatten,
  flatten_backward: linear.flattenBackward,
  linear: linear.linear,
  linear_backward_input: linear.linearBackwardInput,
  linear_backward_weight: linear.linearBackwardWeight,

  softmax_cross_entropy: loss.softmaxCrossEntropy,
  softmax_cross_entropy_backward: loss.softmaxCrossEntropyBackward,

  accumulate: update.accumulate,
  gradient_norm: update.gradientNorm,
  sgd: update.sgd,
  adamw: update.adamw,
  ema: update.ema,
};
