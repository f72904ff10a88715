import { activated, activations } from '../../../graph/activation.ts';
import type { BatchNormOps } from '../../../graph/ops/batch-norm.ts';
import { reader, type Kernels } from '../kernel.ts';
import { sumByChannel } from './channel-sum.ts';

export const batchNormKernels: Kernels<BatchNormOps> = {
  /**
   * Batch normalisation, Ioffe and Szegedy 2015 (arXiv 1502.03167), with PyTorch's running statistics: the batch is
   * normalised by the biased variance Σ(x − mean)²/m and tracked by the unbiased one, Σ(x − mean)²/(m − 1).
   */
  batch_norm: (attrs, inputs, [y, mean, invstd]) => {
    const [x, gamma, beta, runningMean, runningVar, residual] = inputs;
    const channels = x.shape[1];
    const count = x.data.length / channels;

    const means = sumByChannel(channels, x.data.length, (i) => x.data[i]).map((sum) => sum / count);
    const squares = sumByChannel(channels, x.data.length, (i) => (x.data[i] - means[i % channels]) ** 2);
    for (let c = 0; c < channels; c++) {
      mean.data[c] = means[c];
      mean.data[channels + c] = means[c] - mean.data[c];
      invstd.data[c] = 1 / Math.sqrt(squares[c] / count + attrs.eps);
      runningMean.data[c] = (1 - attrs.momentum) * runningMean.data[c] + attrs.momentum * means[c];
      runningVar.data[c] =
        (1 - attrs.momentum) * runningVar.data[c] + (attrs.momentum * squares[c]) / (count - 1);
    }
    // With the statistics as they are stored, so that a backward pass can have y again, to the last bit.
    batchNormKernels.batch_norm_recompute(
      attrs,
      [x, gamma, beta, mean, invstd, ...(attrs.residual ? [residual] : [])],
      [y],
    );
  },

  batch_norm_recompute: (attrs, inputs, [y]) => {
    const [x, gamma, beta, mean, invstd, residual] = inputs;
    const channels = x.shape[1];
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const centred = x.data[i] - mean.data[c] - mean.data[channels + c];
      let value = gamma.data[c] * centred * invstd.data[c] + beta.data[c];
      if (attrs.residual) value += residual.data[i];
      y.data[i] = activated(attrs.activation, value);
    }
  },

  batch_norm_inference: (attrs, inputs, [y]) => {
    const [x, gamma, beta, mean, variance, residual] = inputs;
    const channels = x.shape[1];
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const normalised = (x.data[i] - mean.data[c]) / Math.sqrt(variance.data[c] + attrs.eps);
      let value = gamma.data[c] * normalised + beta.data[c];
      if (attrs.residual) value += residual.data[i];
      y.data[i] = activated(attrs.activation, value);
    }
  },

  batch_norm_backward: (attrs, inputs, outputs) => {
    const [dy, x, gamma, mean, invstd, y] = inputs;
    const [dx, dgamma, dbeta, dresidual] = outputs;
    const channels = x.shape[1];
    const size = x.data.length;
    const count = size / channels;

    const { activation } = attrs;
    const dz = (i: number): number =>
      activation === 'none' ? dy.data[i] : activations[activation].gradient(dy.data[i], y.data[i]);
    const normalised = (i: number): number => {
      const c = i % channels;
      return (x.data[i] - mean.data[c] - mean.data[channels + c]) * invstd.data[c];
    };
    const dbetas = sumByChannel(channels, size, dz);
    const dgammas = sumByChannel(channels, size, (i) => dz(i) * normalised(i));

    for (let i = 0; i < size; i++) {
      const c = i % channels;
      const gradient = dz(i);
      const centred = gradient - dbetas[c] / count - (normalised(i) * dgammas[c]) / count;
      dx.data[i] = gamma.data[c] * invstd.data[c] * centred;
      if (activation !== 'none' && attrs.residual) dresidual.data[i] = gradient;
    }
    dgamma.data.set(dgammas);
    dbeta.data.set(dbetas);
  },

  batch_norm_inference_backward: (attrs, inputs, [dx, dresidual]) => {
    const [dy, gamma, variance, y] = inputs;
    const { activation } = attrs;
    const channels = dy.shape[1];
    for (let i = 0; i < dy.data.length; i++) {
      const c = i % channels;
      const dz = activation === 'none' ? dy.data[i] : activations[activation].gradient(dy.data[i], y.data[i]);
      dx.data[i] = (gamma.data[c] / Math.sqrt(variance.data[c] + attrs.eps)) * dz;
      if (activation !== 'none' && attrs.residual) dresidual.data[i] = dz;
    }
  },

  /** (w, bias, γ, β, mean, var) → a convolution with the batch norm inside: γ·(conv + bias − mean)/√(var + eps) + β. */
  fold_batch_norm: (attrs, inputs, [foldedWeight, foldedBias]) => {
    const read = reader(inputs);
    const weight = read.next();
    const bias = read.nextIf(attrs.bias);
    const gamma = read.next();
    const beta = read.next();
    const mean = read.next();
    const variance = read.next();
    const outChannels = weight.shape[0];
    const filterSize = weight.data.length / outChannels;
    for (let k = 0; k < outChannels; k++) {
      const scale = gamma.data[k] / Math.sqrt(variance.data[k] + attrs.eps);
      for (let i = k * filterSize; i < (k + 1) * filterSize; i++) {
        foldedWeight.data[i] = weight.data[i] * scale;
      }
      foldedBias.data[k] = ((bias ? bias.data[k] : 0) - mean.data[k]) * scale + beta.data[k];
    }
  },
};
