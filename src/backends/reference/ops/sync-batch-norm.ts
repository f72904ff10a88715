import { activations, type Activation } from '../../../graph/activation.ts';
import type { SyncBatchNormOps } from '../../../graph/ops/sync-batch-norm.ts';
import type { Kernels, Tensor } from '../kernel.ts';
import { batchNormKernels } from './batch-norm.ts';
import { sumByChannel } from './channel-sum.ts';

export const syncBatchNormKernels: Kernels<SyncBatchNormOps> = {
  batch_norm_stats: ({ rank }, [x], [moments]) => {
    const channels = x.shape[1];
    const count = x.data.length / channels;
    const means = sumByChannel(channels, x.data.length, (i) => x.data[i]).map((sum) => sum / count);
    const squares = sumByChannel(channels, x.data.length, (i) => (x.data[i] - means[i % channels]) ** 2);
    moments.data.fill(0);
    const own = moments.data.subarray(3 * rank * channels, 3 * (rank + 1) * channels);
    for (let c = 0; c < channels; c++) {
      own[c] = means[c];
      own[channels + c] = means[c] - own[c];
      own[2 * channels + c] = squares[c];
    }
  },

  /** Moments of parts are joined as Chan, Golub and LeVeque 1983 have it: nothing cancels, however far the means are from 0. */
  batch_norm_gather_stats: (
    { counts, eps, momentum },
    [moments, runningMean, runningVar],
    [mean, invstd],
  ) => {
    const channels = invstd.data.length;
    for (let c = 0; c < channels; c++) {
      let joined = 0;
      let average = 0;
      let squares = 0;
      counts.forEach((count, rank) => {
        const at = 3 * rank * channels + c;
        const difference = moments.data[at] + moments.data[at + channels] - average;
        average += (difference * count) / (joined + count);
        squares += moments.data[at + 2 * channels] + (difference ** 2 * joined * count) / (joined + count);
        joined += count;
      });
      mean.data[c] = average;
      mean.data[channels + c] = average - mean.data[c];
      invstd.data[c] = 1 / Math.sqrt(squares / joined + eps);
      runningMean.data[c] = (1 - momentum) * runningMean.data[c] + momentum * average;
      runningVar.data[c] = (1 - momentum) * runningVar.data[c] + (momentum * squares) / (joined - 1);
    }
  },

  batch_norm_elemt: (attrs, inputs, outputs) => {
    batchNormKernels.batch_norm_recompute(attrs, inputs, outputs);
  },

  batch_norm_backward_reduce: ({ activation }, [dy, x, mean, invstd, y], [sums, dgamma, dbeta]) => {
    const channels = x.shape[1];
    const dz = slopeOf(activation, dy, y);
    const normalised = normaliser(x, mean, invstd);
    dbeta.data.set(sumByChannel(channels, x.data.length, dz));
    dgamma.data.set(sumByChannel(channels, x.data.length, (i) => dz(i) * normalised(i)));
    sums.data.set(dbeta.data);
    sums.data.set(dgamma.data, channels);
  },

  batch_norm_backward_elemt: (attrs, [dy, x, gamma, mean, invstd, sums, y], [dx, dresidual]) => {
    const { activation, residual, count } = attrs;
    const channels = x.shape[1];
    const dz = slopeOf(activation, dy, y);
    const normalised = normaliser(x, mean, invstd);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const gradient = dz(i);
      const centred = gradient - (sums.data[c] + normalised(i) * sums.data[channels + c]) / count;
      dx.data[i] = gamma.data[c] * invstd.data[c] * centred;
      if (activation !== 'none' && residual) dresidual.data[i] = gradient;
    }
  },
};

function slopeOf(activation: Activation, dy: Tensor, y: Tensor): (i: number) => number {
  if (activation === 'none') return (i) => dy.data[i];
  return (i) => activations[activation].gradient(dy.data[i], y.data[i]);
}

function normaliser(x: Tensor, mean: Tensor, invstd: Tensor): (i: number) => number {
  const channels = x.shape[1];
  return (i) => {
    const c = i % channels;
    return (x.data[i] - mean.data[c] - mean.data[channels + c]) * invstd.data[c];
  };
}
