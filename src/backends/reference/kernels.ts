import type { OpTable } from '../../graph/op-table.ts';
import type { Kernels } from './kernel.ts';
import { activationKernels } from './ops/activation.ts';
import { adaptivePoolKernels } from './ops/adaptive-pool.ts';
import { arithmeticKernels } from './ops/arithmetic.ts';
import { batchNormKernels } from './ops/batch-norm.ts';
import { channelSumKernels } from './ops/channel-sum.ts';
import { channelsKernels } from './ops/channels.ts';
import { conv2dKernels } from './ops/conv2d.ts';
import { dropoutKernels } from './ops/dropout.ts';
import { flattenKernels } from './ops/flatten.ts';
import { linearKernels } from './ops/linear.ts';
import { padKernels } from './ops/pad.ts';
import { poolKernels } from './ops/pool.ts';
import { softmaxCrossEntropyKernels } from './ops/softmax-cross-entropy.ts';
import { subsampleKernels } from './ops/subsample.ts';
import { top1HitsKernels } from './ops/top1-hits.ts';
import { updateKernels } from './ops/update.ts';

/** A kernel for every op; one that is missing is a type error. */
export const kernels: Kernels<OpTable> = {
  ...conv2dKernels,
  ...channelSumKernels,
  ...batchNormKernels,
  ...activationKernels,
  ...arithmeticKernels,
  ...poolKernels,
  ...adaptivePoolKernels,
  ...padKernels,
  ...channelsKernels,
  ...subsampleKernels,
  ...flattenKernels,
  ...linearKernels,
  ...dropoutKernels,
  ...softmaxCrossEntropyKernels,
  ...top1HitsKernels,
  ...updateKernels,
};
