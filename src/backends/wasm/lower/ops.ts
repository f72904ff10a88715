import type { OpName } from '../../../graph/op-table.ts';
import type { Lowering } from '../call.ts';
import {
  batchNorm,
  batchNormBackward,
  batchNormInference,
  batchNormInferenceBackward,
  batchNormRecompute,
  foldBatchNorm,
} from './batch-norm.ts';
import {
  add,
  dropout,
  hardsigmoid,
  hardsigmoidBackward,
  relu,
  relu6,
  relu6Backward,
  reluBackward,
  scale,
} from './elementwise.ts';
import {
  concat,
  flatten,
  flattenBackward,
  crop2d,
  pad2d,
  padChannels,
  sliceChannels,
  subsample,
  subsampleBackward,
} from './layout.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from './loss.ts';
import { accumulate, adamw, ema, sgd } from './optimiser.ts';
import {
  adaptiveAvgPool2d,
  adaptiveAvgPool2dBackward,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dBackward,
  avgPool2d,
  avgPool2dBackward,
  maxPool2d,
  maxPool2dBackward,
} from './pool.ts';
import { channelSum, gradientNorm } from './reduce.ts';

/** Every op that is not a matrix product or a convolution. */
export const opLowerings = {
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
  hardsigmoid,
  hardsigmoid_backward: hardsigmoidBackward,
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
  concat,
  slice_channels: sliceChannels,
  pad_channels: padChannels,
  pad2d,
  crop2d,
  subsample,
  subsample_backward: subsampleBackward,
  flatten,
  flatten_backward: flattenBackward,
  dropout,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_cross_entropy_backward: softmaxCrossEntropyBackward,
  accumulate,
  gradient_norm: gradientNorm,
  sgd,
  adamw,
  ema,
} satisfies { readonly [K in OpName]?: Lowering<K> };
