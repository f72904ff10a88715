import type { Rng } from '../../../src/base/rng.ts';
import type { BatchNormActivationOps } from '../../../src/graph/ops/batch-norm-activation.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { fusedByInput, normal, type CasesOf, type Drawn } from '../case.ts';
import { saved } from './batch-norm.ts';
import { pictures, sizeOfSum } from './channel-sum.ts';

function inputs(rng: Rng, shape: Shape): Drawn[] {
  const channels = [shape[1]];
  return [
    normal(rng, shape, 0.3),
    normal(rng, shape, 1, 2),
    normal(rng, channels, 1, 0.5),
    normal(rng, channels),
    ...saved(rng, shape[1], 1),
  ];
}

export const batchNormActivationCases: CasesOf<BatchNormActivationOps> = {
  batch_norm_activation_backward: (rng) =>
    pictures(rng).flatMap((shape) =>
      fusedByInput.map((activation) => ({
        attrs: { activation },
        inputs: inputs(rng, shape),
        sizes: [undefined, sizeOfSum(shape), sizeOfSum(shape)],
      })),
    ),
  batch_norm_activation_backward_reduce: (rng) =>
    pictures(rng).flatMap((shape) =>
      fusedByInput.map((activation) => ({
        attrs: { activation },
        inputs: inputs(rng, shape),
        sizes: [sizeOfSum(shape), sizeOfSum(shape), sizeOfSum(shape)],
      })),
    ),
};
