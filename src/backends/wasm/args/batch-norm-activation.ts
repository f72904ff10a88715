import { batchNormBackwardSums } from './batch-norm.ts';
import { extendArgs, pointer } from './definition.ts';

/** See `kernels/batch-norm-activation-backward.ts`. */
export const batchNormActivationSums = extendArgs(batchNormBackwardSums, 'batch_norm_activation_sums', {
  dz: pointer('dz'),
  scale: pointer('factor of x − mean'),
  shift: pointer('what is added then'),
});
