import { activations, type ActivationName } from '../../../graph/activation.ts';
import type { BatchNormActivationOps } from '../../../graph/ops/batch-norm-activation.ts';
import type { Kernels, Tensor } from '../kernel.ts';
import { batchNormKernels } from './batch-norm.ts';
import { syncBatchNormKernels } from './sync-batch-norm.ts';

export const batchNormActivationKernels: Kernels<BatchNormActivationOps> = {
  batch_norm_activation_backward: ({ activation }, inputs, outputs) => {
    const [, x, gamma, , mean, invstd] = inputs;
    const dz = throughActivation(activation, inputs);
    batchNormKernels.batch_norm_backward(
      { activation: 'none', residual: false },
      [dz, x, gamma, mean, invstd],
      outputs,
    );
  },

  batch_norm_activation_backward_reduce: ({ activation }, inputs, [sums, dgamma, dbeta, dz]) => {
    const [, x, , , mean, invstd] = inputs;
    const gradient = throughActivation(activation, inputs);
    dz.data.set(gradient.data);
    syncBatchNormKernels.batch_norm_backward_reduce(
      { activation: 'none' },
      [gradient, x, mean, invstd],
      [sums, dgamma, dbeta],
    );
  },
};

/** dz = f′(z)·dy, z = γ·x̂ + β. */
function throughActivation(activation: ActivationName, inputs: readonly Tensor[]): Tensor {
  const [dy, x, gamma, beta, mean, invstd] = inputs;
  const channels = x.shape[1];
  const data = dy.data.map((gradient, i) => {
    const c = i % channels;
    const centred = x.data[i] - mean.data[c] - mean.data[channels + c];
    const z = gamma.data[c] * centred * invstd.data[c] + beta.data[c];
    return activations[activation].gradient(gradient, z);
  });
  return { shape: dy.shape, data };
}
