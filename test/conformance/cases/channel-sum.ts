import type { Rng } from '../../../src/base/rng.ts';
import type { ChannelSumOps } from '../../../src/graph/ops/channel-sum.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, type CasesOf } from '../case.ts';

/** Channel counts below, at and off multiples of a vector; few and many pixels. */
export function pictures(rng: Rng): Shape[] {
  return [
    [4, 2, 1, 2],
    [2, 1, 9, 8],
    [1, 3, 5, 7],
    [2, 4, 3, 3],
    [3, 16, 5, 5],
    [2, 21, 9, 4],
    [4, 130, 2, 3],
    [2, 8, 33, 31],
    [1 + rng.int(4), 1 + rng.int(70), 2 + rng.int(9), 1 + rng.int(9)],
  ];
}

/** A quarter of the standard deviation of a channel's sum of normal numbers. */
export function sizeOfSum(shape: Shape): number {
  return Math.sqrt(sizeOf(shape) / shape[1]) / 4;
}

export const channelSumCases: CasesOf<ChannelSumOps> = {
  channel_sum: (rng) =>
    [...pictures(rng), [1, 10], [7, 33]].map((shape) => ({
      attrs: {},
      inputs: [normal(rng, shape, 0.3)],
      sizes: [sizeOfSum(shape)],
    })),
};
