import type { OpName } from '../../../graph/op-table.ts';
import type { Lowering } from '../call.ts';
import {
  batchNorm,
  batchNormBackward,
  batchNormInferenceBackward,
  batchNormRecompute,
} from './batch-norm.ts';
import { allReduce, allReduceWait } from './all-reduce.ts';
import { dropout, hardsigmoidBackward, relu6Backward, reluBackward } from './elementwise.ts';
import { flattenBackward, subsampleBackward } from './layout.ts';
import { lineageLowerings } from './lineage.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyBackward, top1Hits } from './loss.ts';
import { accumulate, adamw, ema, sgd } from './optimiser.ts';
import {
  adaptiveAvgPool2dBackward,
  adaptiveMaxPool2dBackward,
  avgPool2dBackward,
  maxPool2dBackward,
} from './pool.ts';
import { channelSum, gradientNorm } from './reduce.ts';
import {
  batchNormBackwardElemt,
  batchNormBackwardReduce,
  batchNormElemt,
  batchNormGatherStats,
  batchNormStats,
} from './sync-batch-norm.ts';
import { inferenceLowerings } from './table-inference.ts';

/** Every op that is not a matmul or a convolution. */
export const opLowerings = {
  ...inferenceLowerings,
  ...lineageLowerings,
  all_reduce: allReduce,
  all_reduce_wait: allReduceWait,
  channel_sum: channelSum,
  batch_norm: batchNorm,
  batch_norm_recompute: batchNormRecompute,
  batch_norm_backward: batchNormBackward,
  batch_norm_inference_backward: batchNormInferenceBackward,
  batch_norm_stats: batchNormStats,
  batch_norm_gather_stats: batchNormGatherStats,
  batch_norm_elemt: batchNormElemt,
  batch_norm_backward_reduce: batchNormBackwardReduce,
  batch_norm_backward_elemt: batchNormBackwardElemt,
  relu_backward: reluBackward,
  relu6_backward: relu6Backward,
  hardsigmoid_backward: hardsigmoidBackward,
  max_pool2d_backward: maxPool2dBackward,
  avg_pool2d_backward: avgPool2dBackward,
  adaptive_max_pool2d_backward: adaptiveMaxPool2dBackward,
  adaptive_avg_pool2d_backward: adaptiveAvgPool2dBackward,
  subsample_backward: subsampleBackward,
  flatten_backward: flattenBackward,
  dropout,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_cross_entropy_backward: softmaxCrossEntropyBackward,
  top1_hits: top1Hits,
  accumulate,
  gradient_norm: gradientNorm,
  sgd,
  adamw,
  ema,
} satisfies { readonly [K in OpName]?: Lowering<K> };
