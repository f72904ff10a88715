import type { OpName } from '../op-table.ts';
import { channelSumOps } from './channel-sum.ts';
import { dropoutOps } from './dropout.ts';
import { ops as inferenceOps, type Definition } from './index-inference.ts';
import { softmaxCrossEntropyOps } from './softmax-cross-entropy.ts';
import { top1HitsOps } from './top1-hits.ts';
import { updateOps } from './update.ts';

export type { Definition };

/** Every op's definition; an op of the table without one is a type error. */
export const ops: { readonly [K in OpName]: Definition<K> } = {
  ...inferenceOps,
  ...channelSumOps,
  ...dropoutOps,
  ...softmaxCrossEntropyOps,
  ...top1HitsOps,
  ...updateOps,
};
