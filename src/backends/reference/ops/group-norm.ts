import type { GroupNormOps } from '../../../graph/ops/group-norm.ts';
import type { Kernels, Tensor } from '../kernel.ts';
import { sumByChannel } from './channel-sum.ts';

export const groupNormKernels: Kernels<GroupNormOps> = {
  /** Group normalisation, Wu and He 2018 (arXiv 1803.08494). */
  group_norm: ({ groups, eps }, [x, gamma, beta], [y, mean, invstd]) => {
    const { count, groupOf } = grouping(x, groups);
    const statistics = invstd.data.length;
    const sums = sumByGroup(x, groups, (i) => x.data[i]);
    const squares = sumByGroup(x, groups, (i) => (x.data[i] - sums[groupOf(i)] / count) ** 2);
    for (let group = 0; group < statistics; group++) {
      const average = sums[group] / count;
      mean.data[group] = average;
      mean.data[statistics + group] = average - mean.data[group];
      invstd.data[group] = 1 / Math.sqrt(squares[group] / count + eps);
    }
    for (let i = 0; i < x.data.length; i++) {
      const c = i % gamma.data.length;
      const group = groupOf(i);
      const normalised = (x.data[i] - sums[group] / count) / Math.sqrt(squares[group] / count + eps);
      y.data[i] = gamma.data[c] * normalised + beta.data[c];
    }
  },

  group_norm_backward: ({ groups }, [dy, x, gamma, mean, invstd], [dx, dgamma, dbeta]) => {
    const channels = gamma.data.length;
    const size = x.data.length;
    const { count, groupOf } = grouping(x, groups);
    const statistics = invstd.data.length;
    const normalised = (i: number): number => {
      const group = groupOf(i);
      return (x.data[i] - mean.data[group] - mean.data[statistics + group]) * invstd.data[group];
    };
    const weighted = (i: number): number => gamma.data[i % channels] * dy.data[i];
    const sums = sumByGroup(x, groups, weighted);
    const products = sumByGroup(x, groups, (i) => weighted(i) * normalised(i));
    for (let i = 0; i < size; i++) {
      const group = groupOf(i);
      const centred = weighted(i) - sums[group] / count - (normalised(i) * products[group]) / count;
      dx.data[i] = invstd.data[group] * centred;
    }
    dgamma.data.set(sumByChannel(channels, size, (i) => dy.data[i] * normalised(i)));
    dbeta.data.set(sumByChannel(channels, size, (i) => dy.data[i]));
  },
};

/** How many elements a group of a picture has, and of which of all pictures' groups a stored element is. */
function grouping({ shape: [images, channels], data }: Tensor, groups: number) {
  const perImage = data.length / images;
  const width = channels / groups;
  return {
    count: perImage / groups,
    groupOf: (i: number) => Math.floor(i / perImage) * groups + Math.floor((i % channels) / width),
  };
}

function sumByGroup(x: Tensor, groups: number, value: (i: number) => number): Float64Array {
  const { groupOf } = grouping(x, groups);
  const sums = new Float64Array(x.shape[0] * groups);
  for (let i = 0; i < x.data.length; i++) sums[groupOf(i)] += value(i);
  return sums;
}
