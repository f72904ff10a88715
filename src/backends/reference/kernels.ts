import type { OpTable } from '../../graph/op-table.ts';
import type { Kernels } from './kernel.ts';
import { activationKernels } from './ops/activation.ts';
import { allReduceKernels } from './ops/all-reduce.ts';
import { adaptivePoolKernels } from './ops/adaptive-pool.ts';
import { arithmeticKernels } from './ops/arithmetic.ts';
import { batchNormActivationKernels } from './ops/batch-norm-activation.ts';
import { batchNormKernels } from './ops/batch-norm.ts';
import { broadcastKernels } from './ops/broadcast.ts';
import { channelSumKernels } from './ops/channel-sum.ts';
import { channelsKernels } from './ops/channels.ts';
import { blurPoolKernels } from './ops/blur-pool.ts';
import { convTransposeKernels } from './ops/conv-transpose.ts';
import { conv2dKernels } from './ops/conv2d.ts';
import { dropoutKernels } from './ops/dropout.ts';
import { flattenKernels } from './ops/flatten.ts';
import { globalResponseNormKernels } from './ops/global-response-norm.ts';
import { groupNormKernels } from './ops/group-norm.ts';
import { interpolateKernels } from './ops/interpolate.ts';
import { layerNormKernels } from './ops/layer-norm.ts';
import { linearKernels } from './ops/linear.ts';
import { elementaryKernels } from './ops/elementary.ts';
import { lossKernels } from './ops/losses.ts';
import { moreUpdateKernels } from './ops/more-updates.ts';
import { padKernels } from './ops/pad.ts';
import { poolKernels } from './ops/pool.ts';
import { reduceKernels } from './ops/reduce.ts';
import { reshapeKernels } from './ops/reshape.ts';
import { softmaxCrossEntropyKernels } from './ops/softmax-cross-entropy.ts';
import { subsampleKernels } from './ops/subsample.ts';
import { syncBatchNormKernels } from './ops/sync-batch-norm.ts';
import { top1HitsKernels } from './ops/top1-hits.ts';
import { updateKernels } from './ops/update.ts';
import { dropPathKernels } from './ops/drop-path.ts';
import { matmulKernels } from './ops/matmul.ts';
import { shuffleKernels } from './ops/shuffle.ts';
import { softmaxKernels } from './ops/softmax.ts';

/** A kernel for every op; one that is missing is a type error. */
export const kernels: Kernels<OpTable> = {
  ...allReduceKernels,
  ...conv2dKernels,
  ...channelSumKernels,
  ...batchNormKernels,
  ...batchNormActivationKernels,
  ...syncBatchNormKernels,
  ...activationKernels,
  ...arithmeticKernels,
  ...broadcastKernels,
  ...reduceKernels,
  ...reshapeKernels,
  ...poolKernels,
  ...adaptivePoolKernels,
  ...padKernels,
  ...channelsKernels,
  ...subsampleKernels,
  ...flattenKernels,
  ...linearKernels,
  ...blurPoolKernels,
  ...globalResponseNormKernels,
  ...groupNormKernels,
  ...convTransposeKernels,
  ...interpolateKernels,
  ...layerNormKernels,
  ...dropoutKernels,
  ...softmaxCrossEntropyKernels,
  ...elementaryKernels,
  ...lossKernels,
  ...top1HitsKernels,
  ...dropPathKernels,
  ...matmulKernels,
  ...shuffleKernels,
  ...softmaxKernels,
  ...updateKernels,
  ...moreUpdateKernels,
};
