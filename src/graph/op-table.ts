import type { ActivationOps } from './ops/activation.ts';
import type { AdaptivePoolOps } from './ops/adaptive-pool.ts';
import type { ArithmeticOps } from './ops/arithmetic.ts';
import type { BatchNormOps } from './ops/batch-norm.ts';
import type { ChannelSumOps } from './ops/channel-sum.ts';
import type { ChannelsOps } from './ops/channels.ts';
import type { Conv2dOps } from './ops/conv2d.ts';
import type { DropoutOps } from './ops/dropout.ts';
import type { FlattenOps } from './ops/flatten.ts';
import type { LinearOps } from './ops/linear.ts';
import type { PadOps } from './ops/pad.ts';
import type { PoolOps } from './ops/pool.ts';
import type { SoftmaxCrossEntropyOps } from './ops/softmax-cross-entropy.ts';
import type { SubsampleOps } from './ops/subsample.ts';
import type { Top1HitsOps } from './ops/top1-hits.ts';
import type { UpdateOps } from './ops/update.ts';

/**
 * The attributes of every op by name. One file a family under `ops/` defines what its ops take and return, with shape
 * rule, gradient and cost; one function per op in each backend computes it. Legend: N batch, C channels in, K
 * channels out, G groups, H×W in, P×Q out, R×S kernel. `[x]?` is present only if the attribute of that name is true.
 * Optional inputs keep their order and leave no gap.
 */
export interface OpTable
  extends
    ActivationOps,
    AdaptivePoolOps,
    ArithmeticOps,
    BatchNormOps,
    ChannelSumOps,
    ChannelsOps,
    Conv2dOps,
    DropoutOps,
    FlattenOps,
    LinearOps,
    PadOps,
    PoolOps,
    SoftmaxCrossEntropyOps,
    SubsampleOps,
    Top1HitsOps,
    UpdateOps {}

export type OpName = keyof OpTable;

export type { Conv2dAttrs } from './ops/conv2d.ts';
export type { PoolAttrs } from './ops/pool.ts';
export type { Pair } from './ops/window.ts';
