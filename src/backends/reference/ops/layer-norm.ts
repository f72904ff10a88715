import type { LayerNormOps } from '../../../graph/ops/layer-norm.ts';
import type { Kernels } from '../kernel.ts';
import { sumByChannel } from './channel-sum.ts';

export const layerNormKernels: Kernels<LayerNormOps> = {
  /** Layer normalisation, Ba, Kiros and Hinton 2016 (arXiv 1607.06450), over the elements that lie side by side. */
  layer_norm: ({ eps }, [x, gamma, beta], [y, mean, invstd]) => {
    const channels = gamma.data.length;
    const rows = invstd.data.length;
    for (let row = 0; row < rows; row++) {
      const values = x.data.subarray(row * channels, (row + 1) * channels);
      const average = values.reduce((sum, value) => sum + value, 0) / channels;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / channels;
      mean.data[row] = average;
      mean.data[rows + row] = average - mean.data[row];
      invstd.data[row] = 1 / Math.sqrt(variance + eps);
      for (let c = 0; c < channels; c++) {
        const normalised = (values[c] - average) / Math.sqrt(variance + eps);
        y.data[row * channels + c] = gamma.data[c] * normalised + beta.data[c];
      }
    }
  },

  layer_norm_backward: (_, [dy, x, gamma, mean, invstd], [dx, dgamma, dbeta]) => {
    const channels = gamma.data.length;
    const rows = invstd.data.length;
    const size = x.data.length;
    const normalised = (i: number): number => {
      const row = Math.floor(i / channels);
      return (x.data[i] - mean.data[row] - mean.data[rows + row]) * invstd.data[row];
    };
    for (let row = 0; row < rows; row++) {
      let [sum, product] = [0, 0];
      for (let c = 0; c < channels; c++) {
        const g = gamma.data[c] * dy.data[row * channels + c];
        sum += g;
        product += g * normalised(row * channels + c);
      }
      for (let c = 0; c < channels; c++) {
        const i = row * channels + c;
        const centred = gamma.data[c] * dy.data[i] - sum / channels - (normalised(i) * product) / channels;
        dx.data[i] = invstd.data[row] * centred;
      }
    }
    dgamma.data.set(sumByChannel(channels, size, (i) => dy.data[i] * normalised(i)));
    dbeta.data.set(sumByChannel(channels, size, (i) => dy.data[i]));
  },
};
