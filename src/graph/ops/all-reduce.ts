import type { Definitions, NoAttrs, OpNode } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { expect } from './check.ts';

export interface AllReduceOps {
  /**
   * (x₁, x₂, …) → () begins to add each tensor up over all ranks, in place. They may be neither read nor written until the
   * `all_reduce_wait` of the same tensors is over.
   */
  all_reduce: NoAttrs;
  /** (x₁, x₂, …) → () waits until what `all_reduce` of the same tensors has begun is done. */
  all_reduce_wait: NoAttrs;
}

/**
 * Sums over the ranks that train together (MPI_Iallreduce, torch.distributed.all_reduce), in two halves, so that other steps are
 * computed in between. All ranks get the same bits. Never differentiated.
 */
export const allReduceOps: Definitions<AllReduceOps> = {
  all_reduce: {
    infer: (shapes) => nothing('all_reduce', shapes.length),
    mutates: (_, inputCount) => every(inputCount),
    bytes: ({ inputs }: OpNode<'all_reduce', NoAttrs>) =>
      inputs.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0),
  },

  all_reduce_wait: {
    infer: (shapes) => nothing('all_reduce_wait', shapes.length),
    mutates: (_, inputCount) => every(inputCount),
  },
};

function nothing(op: string, inputCount: number): readonly [] {
  expect(op, inputCount > 0, 'a tensor or more', 'none');
  return [];
}

function every(inputCount: number): readonly number[] {
  return Array.from({ length: inputCount }, (_, index) => index);
}
