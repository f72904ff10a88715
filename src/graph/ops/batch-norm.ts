import { CardinalError } from '../../base/errors.ts';
import type { Definitions } from '../op.ts';
import type { BatchNormActivationOps } from './batch-norm-activation.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Shape } from '../value.ts';
import { byResult } from './activation.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';
import type { Activation } from '../activation.ts';
import { isDifferentiableByResult, type ActivationByResult } from '../fusable.ts';

export interface BatchNormOps {
  /**
   * Batch norm in training, PyTorch's formulas (biased variance normalises, unbiased variance is tracked):
   * (x N×C×H×W, γ C, β C, running_mean C, running_var C, [residual like x]?) → (y like x, mean 2×C, invstd C).
   * y = activation(γ·(x − mean)·invstd + β + residual); mean and invstd as they are given. The mean is the sum of two rows: what
   * f32 holds of it, and what that leaves, since a mean far from 0 is rounded by much of a standard deviation. Updates
   * running_mean and running_var in place: running ← (1 − momentum)·running + momentum·batch.
   */
  batch_norm: {
    readonly eps: number;
    readonly momentum: number;
    readonly activation: Activation;
    readonly residual: boolean;
  };
  /**
   * The y of `batch_norm` once more, bit for bit, from the statistics that it gave: (x, γ, β, mean, invstd, [residual]?) → y.
   * Reads and tracks no running statistics. For backward passes that did not keep y.
   */
  batch_norm_recompute: { readonly activation: Activation; readonly residual: boolean };
  /** (x, γ, β, running_mean, running_var, [residual]?) → y, with the running statistics. */
  batch_norm_inference: { readonly eps: number; readonly activation: Activation; readonly residual: boolean };
  /**
   * (dy, x, γ, mean, invstd, [y]: iff there is an activation) → (dx, dγ, dβ, [dresidual]: iff there is one and a residual).
   * dz = activation′(y)·dy, which is also dresidual; without an activation, dz = dy.
   * dβ = Σdz, dγ = Σdz·x̂, dx = γ·invstd·(dz − dβ/m − x̂·dγ/m), m = N·H·W.
   */
  batch_norm_backward: { readonly activation: ActivationByResult; readonly residual: boolean };
  /**
   * Where the running statistics normalise in training, because the norm is frozen: they, γ and β are constants.
   * (dy, γ, running_var, [y]) → (dx, [dresidual]). dz as above, dx = γ/√(running_var+eps)·dz.
   */
  batch_norm_inference_backward: {
    readonly eps: number;
    readonly activation: ActivationByResult;
    readonly residual: boolean;
  };
  /** Prologue of inference: (w K×…, [bias K]?, γ, β, mean, var) → (w·γ/√(var+eps), (bias − mean)·γ/√(var+eps) + β). */
  fold_batch_norm: { readonly eps: number; readonly bias: boolean };
}

export const batchNormOps: Definitions<BatchNormOps, BatchNormActivationOps> = {
  /** Batch normalisation (Ioffe and Szegedy 2015) with the addition and the activation that follow it in a residual block. */
  batch_norm: {
    infer(shapes, attrs) {
      const channels = checkBatchNorm('batch_norm', shapes, attrs.residual);
      const [x] = shapes;
      if (sizeOf(x) === channels) {
        throw new CardinalError(
          `batch_norm: expected more than one value per channel when training, got input ${x.join('×')}; use a larger batch or picture`,
        );
      }
      return [x, [2, channels], [channels]];
    },
    gradient(graph, node, [dy]) {
      if (dy === undefined) return [];
      const { attrs, inputs, outputs } = node;
      const [x, gamma, beta] = inputs;
      const [y, mean, invstd] = outputs;
      const { activation, residual } = attrs;
      if (!isDifferentiableByResult(activation)) {
        // Nothing was added to z: see `fuse`.
        return graph.apply('batch_norm_activation_backward', [dy, x, gamma, beta, mean, invstd], {
          activation,
        });
      }
      const activates = activation !== 'none';
      const [dx, dgamma, dbeta, dz] = graph.apply(
        'batch_norm_backward',
        [dy, x, gamma, mean, invstd, ...(activates ? [y] : [])],
        { activation, residual },
      );
      const gradients = [dx, dgamma, dbeta, undefined, undefined];
      return residual ? [...gradients, activates ? dz : dy] : gradients;
    },
    mutates: () => [3, 4],
    repeat({ attrs: { activation, residual }, inputs, outputs }, applier) {
      const [x, gamma, beta, , , ...beside] = inputs;
      const [, mean, invstd] = outputs;
      return applier.apply('batch_norm_recompute', [x, gamma, beta, mean, invstd, ...beside], {
        activation,
        residual,
      });
    },
  },

  batch_norm_recompute: {
    infer(shapes, attrs) {
      const [x, gamma, beta, mean, ...rest] = shapes;
      expectMean('batch_norm_recompute', mean, x);
      checkBatchNorm('batch_norm_recompute', [x, gamma, beta, gamma, ...rest], attrs.residual);
      return [x];
    },
  },

  /**
   * Batch normalisation with the running statistics: in inference, and in training where the norm is frozen. There the
   * gradient passes through to x and the residual; γ, β and the statistics get none.
   */
  batch_norm_inference: {
    infer(shapes, attrs) {
      checkBatchNorm('batch_norm_inference', shapes, attrs.residual);
      return [shapes[0]];
    },
    gradient(graph, { attrs, inputs, outputs }, [dy]) {
      if (dy === undefined) return [];
      const [, gamma, , , variance] = inputs;
      const { residual } = attrs;
      const activation = byResult(attrs.activation);
      const activates = activation !== 'none';
      const [dx, dz] = graph.apply(
        'batch_norm_inference_backward',
        [dy, gamma, variance, ...(activates ? [outputs[0]] : [])],
        { ...attrs, activation },
      );
      const gradients = [dx, undefined, undefined, undefined, undefined];
      return residual ? [...gradients, activates ? dz : dy] : gradients;
    },
  },

  batch_norm_backward: {
    infer(shapes, { activation, residual }) {
      const activates = activation !== 'none';
      expectInputs('batch_norm_backward', shapes, 5 + Number(activates));
      const [dy, x, , mean] = shapes;
      expectShape('batch_norm_backward', 'dy', dy, x);
      expectMean('batch_norm_backward', mean, x);
      return [x, [x[1]], [x[1]], ...(activates && residual ? [x] : [])];
    },
  },

  /** x is not among its inputs, so what stands before a frozen norm need not be kept for the backward pass. */
  batch_norm_inference_backward: {
    infer(shapes, { activation, residual }) {
      const op = 'batch_norm_inference_backward';
      const activates = activation !== 'none';
      expectInputs(op, shapes, 3 + Number(activates));
      const [dy] = shapes;
      expectPicture(op, dy);
      for (const vector of shapes.slice(1, 3)) expectShape(op, 'a vector of channels', vector, [dy[1]]);
      if (activates) expectShape(op, 'y', shapes[3], dy);
      return activates && residual ? [dy, dy] : [dy];
    },
  },

  /** In inference, γ(conv(x, w) − mean)/√(var + ε) + β is a convolution with scaled weights and a bias. */
  fold_batch_norm: {
    infer(shapes, attrs) {
      expectInputs('fold_batch_norm', shapes, 5 + Number(attrs.bias));
      const [w] = shapes;
      for (const vector of shapes.slice(1)) expectShape('fold_batch_norm', 'a vector', vector, [w[0]]);
      return [w, [w[0]]];
    },
  },
};

/** A mean as `batch_norm` gives it, in two floats a channel. */
function expectMean(op: string, mean: Shape, [, channels]: Shape): void {
  expectShape(op, 'a mean in two rows', mean, [2, channels]);
}

function checkBatchNorm(op: string, shapes: readonly Shape[], residual: boolean): number {
  expectInputs(op, shapes, 5 + Number(residual));
  const [x] = shapes;
  expectPicture(op, x);
  for (const vector of shapes.slice(1, 5)) expectShape(op, 'a vector of channels', vector, [x[1]]);
  if (residual) expectShape(op, 'a residual', shapes[5], x);
  return x[1];
}
