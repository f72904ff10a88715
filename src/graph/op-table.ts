import type { ActivationOps } from './ops/activation.ts';
import type { AllReduceOps } from './ops/all-reduce.ts';
import type { AdaptivePoolOps } from './ops/adaptive-pool.ts';
import type { ArithmeticOps } from './ops/arithmetic.ts';
import type { BatchNormActivationOps } from './ops/batch-norm-activation.ts';
import type { BatchNormOps } from './ops/batch-norm.ts';
import type { BroadcastOps } from './ops/broadcast.ts';
import type { ChannelSumOps } from './ops/channel-sum.ts';
import type { ChannelsOps } from './ops/channels.ts';
import type { BlurPoolOps } from './ops/blur-pool.ts';
import type { ConvTransposeOps } from './ops/conv-transpose.ts';
import type { Conv2dOps } from './ops/conv2d.ts';
import type { ElementaryOps } from './ops/elementary.ts';
import type { DropoutOps } from './ops/dropout.ts';
import type { FlattenOps } from './ops/flatten.ts';
import type { GlobalResponseNormOps } from './ops/global-response-norm.ts';
import type { GroupNormOps } from './ops/group-norm.ts';
import type { InterpolateOps } from './ops/interpolate.ts';
import type { LayerNormOps } from './ops/layer-norm.ts';
import type { LinearOps } from './ops/linear.ts';
import type { LossOps } from './ops/losses.ts';
import type { MoreUpdateOps } from './ops/more-updates.ts';
import type { PadOps } from './ops/pad.ts';
import type { PoolOps } from './ops/pool.ts';
import type { ReduceOps } from './ops/reduce.ts';
import type { ReshapeOps } from './ops/reshape.ts';
import type { SoftmaxCrossEntropyOps } from './ops/softmax-cross-entropy.ts';
import type { SubsampleOps } from './ops/subsample.ts';
import type { SyncBatchNormOps } from './ops/sync-batch-norm.ts';
import type { Top1HitsOps } from './ops/top1-hits.ts';
import type { UpdateOps } from './ops/update.ts';
import type { DropPathOps } from './ops/drop-path.ts';
import type { MatmulOps } from './ops/matmul.ts';
import type { ShuffleOps } from './ops/shuffle.ts';
import type { SoftmaxOps } from './ops/softmax.ts';

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
    AllReduceOps,
    ArithmeticOps,
    BatchNormActivationOps,
    BatchNormOps,
    BroadcastOps,
    BlurPoolOps,
    ChannelSumOps,
    ChannelsOps,
    Conv2dOps,
    ConvTransposeOps,
    DropoutOps,
    ElementaryOps,
    FlattenOps,
    GlobalResponseNormOps,
    GroupNormOps,
    InterpolateOps,
    LayerNormOps,
    LinearOps,
    LossOps,
    MoreUpdateOps,
    PadOps,
    PoolOps,
    ReduceOps,
    ReshapeOps,
    SoftmaxCrossEntropyOps,
    SubsampleOps,
    SyncBatchNormOps,
    Top1HitsOps,
    DropPathOps,
    MatmulOps,
    ShuffleOps,
    SoftmaxOps,
    UpdateOps {}

export type OpName = keyof OpTable;

export type { Conv2dAttrs } from './ops/conv2d.ts';
export type { PoolAttrs } from './ops/pool.ts';
export type { Pair } from './ops/window.ts';
