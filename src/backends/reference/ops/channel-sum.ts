import type { ChannelSumOps } from '../../../graph/ops/channel-sum.ts';
import type { Kernels } from '../kernel.ts';

export const channelSumKernels: Kernels<ChannelSumOps> = {
  /** (x N×K×P×Q or N×K) → K: the gradient of a bias. */
  channel_sum: (_, [x], [sum]) => {
    sum.data.set(sumByChannel(x.shape[1], x.data.length, (i) => x.data[i]));
  },
};

/** Σ value(i) over the elements i of each channel. */
export function sumByChannel(channels: number, size: number, value: (i: number) => number): Float64Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < size; i++) sums[i % channels] += value(i);
  return sums;
}
