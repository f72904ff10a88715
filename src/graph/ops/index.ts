import type { OpName } from '../op-table.ts';
import { allReduceOps } from './all-reduce.ts';
import { channelSumOps } from './channel-sum.ts';
import { dropoutOps } from './dropout.ts';
import { ops as inferenceOps, type Definition } from './index-inference.ts';
import { lineageOps } from './lineage.ts';
import { softmaxCrossEntropyOps } from './softmax-cross-entropy.ts';
import { syncBatchNormOps } from './sync-batch-norm.ts';
import { top1HitsOps } from './top1-hits.ts';
import { updateOps } from './update.ts';

export type { Definition };

/** Every op's definition; an op of the table without one is a type error. */
export const ops: { readonly [K in OpName]: Definition<K> } = {
  ...inferenceOps,
  ...allReduceOps,
  ...channelSumOps,
  ...dropoutOps,
  ...lineageOps,
  ...softmaxCrossEntropyOps,
  ...syncBatchNormOps,
  ...top1HitsOps,
  ...updateOps,
};
