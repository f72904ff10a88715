import type { ActivationName } from '../activation.ts';
import type { Definitions } from '../op.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';

/** Gradients of norms that end in an activation whose slope comes from what it was applied to: z is computed once more. */
export interface BatchNormActivationOps {
  /**
   * (dy, x, γ, β, mean, invstd) → (dx, dγ, dβ): as `batch_norm_backward`, with dz = activation′(z)·dy, z = γ·(x − mean)·invstd + β. The
   * statistics are those that `batch_norm` gave.
   */
  batch_norm_activation_backward: { readonly activation: ActivationName };
  /** (dy, x, γ, β, mean, invstd) → (sums 2×C, dγ C, dβ C, dz): as `batch_norm_backward_reduce`, and the dz above. */
  batch_norm_activation_backward_reduce: { readonly activation: ActivationName };
}

export const batchNormActivationOps: Definitions<BatchNormActivationOps> = {
  batch_norm_activation_backward: {
    infer(shapes) {
      const [x, channels] = checked('batch_norm_activation_backward', shapes);
      return [x, channels, channels];
    },
  },
  batch_norm_activation_backward_reduce: {
    infer(shapes) {
      const [x, channels] = checked('batch_norm_activation_backward_reduce', shapes);
      return [[2, ...channels], channels, channels, x];
    },
  },
};

/** The shapes of x and of a vector of channels. */
function checked(op: string, shapes: readonly Shape[]): readonly [x: Shape, channels: Shape] {
  expectInputs(op, shapes, 6);
  const [dy, x, gamma, beta, mean, invstd] = shapes;
  expectPicture(op, x);
  expectShape(op, 'dy', dy, x);
  const channels = [x[1]];
  for (const vector of [gamma, beta, invstd]) expectShape(op, 'a vector of channels', vector, channels);
  expectShape(op, 'a mean in two rows', mean, [2, ...channels]);
  return [x, channels];
}
