import type { OpDefinition } from '../op.ts';
import type { OpName, OpTable } from '../op-table.ts';
import { activationOps } from './activation.ts';
import { adaptivePoolOps } from './adaptive-pool.ts';
import { arithmeticOps } from './arithmetic.ts';
import { batchNormOps } from './batch-norm.ts';
import { channelSumOps } from './channel-sum.ts';
import { channelsOps } from './channels.ts';
import { conv2dOps } from './conv2d.ts';
import { dropoutOps } from './dropout.ts';
import { flattenOps } from './flatten.ts';
import { linearOps } from './linear.ts';
import { padOps } from './pad.ts';
import { poolOps } from './pool.ts';
import { softmaxCrossEntropyOps } from './softmax-cross-entropy.ts';
import { subsampleOps } from './subsample.ts';
import { top1HitsOps } from './top1-hits.ts';
import { updateOps } from './update.ts';

export type Definition<K extends OpName> = OpDefinition<K, OpTable[K], OpTable>;

/** Every op's definition; an op of the table without one is a type error. */
export const ops: { readonly [K in OpName]: Definition<K> } = {
  ...conv2dOps,
  ...channelSumOps,
  ...batchNormOps,
  ...activationOps,
  ...arithmeticOps,
  ...poolOps,
  ...adaptivePoolOps,
  ...padOps,
  ...channelsOps,
  ...subsampleOps,
  ...flattenOps,
  ...linearOps,
  ...dropoutOps,
  ...softmaxCrossEntropyOps,
  ...top1HitsOps,
  ...updateOps,
};
