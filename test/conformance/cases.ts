import type { OpName } from '../../src/graph/op-table.ts';
import type { Cases } from './case.ts';
import * as batchNorm from './cases/batch-norm.ts';
import * as channels from './cases/channels.ts';
import * as conv2d from './cases/conv2d.ts';
import * as elementwise from './cases/activation.ts';
import * as linear from './cases/linear.ts';
import * as loss from './cases/softmax-cross-entropy.ts';
import * as pad from './cases/pad.ts';
import * as pool from './cases/pool.ts';
import * as update from './cases/update.ts';

/** What every backend must compute as `reference` does; an op that is missing here is a type error. */
export const cases: { readonly [K in OpName]: Cases<K> } = {
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
