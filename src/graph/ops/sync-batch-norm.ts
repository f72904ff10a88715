import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Activation } from '../activation.ts';
import { isDifferentiableByResult, type ActivationByResult } from '../fusable.ts';
import type { Definitions } from '../op.ts';
import type { AllReduceOps } from './all-reduce.ts';
import type { BatchNormActivationOps } from './batch-norm-activation.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';

/** The parts of a `batch_norm` whose statistics are those of all ranks; between them stands an `all_reduce`. */
export interface SyncBatchNormOps {
  /**
   * (x N×C×H×W) → moments size×3×C. In row `rank`: the mean of x in two rows, as in `batch_norm`, and Σ(x − mean)². The others are
   * zeros, so that a sum over the ranks has the moments of all.
   */
  batch_norm_stats: { readonly rank: number; readonly size: number };
  /**
   * (moments size×3×C, running_mean C, running_var C) → (mean 2×C, invstd C) of the pictures of all ranks, as `batch_norm` gives them;
   * updates the running statistics. `counts` are the values of a channel that each rank has.
   */
  batch_norm_gather_stats: {
    readonly counts: readonly number[];
    readonly eps: number;
    readonly momentum: number;
  };
  /**
   * (x, γ, β, mean, invstd, [residual]?) → y, as `batch_norm_recompute`. Its gradient is that of the whole norm; `count` are the values
   * of a channel over all ranks.
   */
  batch_norm_elemt: { readonly activation: Activation; readonly residual: boolean; readonly count: number };
  /**
   * (dy, x, mean, invstd, [y]: iff there is an activation) → (sums 2×C, dγ C, dβ C): Σdz and Σdz·x̂ of a rank, which are dβ and dγ as
   * well.
   */
  batch_norm_backward_reduce: { readonly activation: ActivationByResult };
  /**
   * (dy, x, γ, mean, invstd, sums 2×C over all ranks, [y]: iff there is an activation) → (dx, [dresidual]: iff there is one and a
   * residual), as `batch_norm_backward` with m = `count`.
   */
  batch_norm_backward_elemt: {
    readonly activation: ActivationByResult;
    readonly residual: boolean;
    readonly count: number;
  };
}

/** What torch.nn.SyncBatchNorm is made of, under PyTorch's names. */
export const syncBatchNormOps: Definitions<SyncBatchNormOps, AllReduceOps & BatchNormActivationOps> = {
  batch_norm_stats: {
    infer(shapes, { size }) {
      expectInputs('batch_norm_stats', shapes, 1);
      const [x] = shapes;
      expectPicture('batch_norm_stats', x);
      return [[size, 3, x[1]]];
    },
  },

  batch_norm_gather_stats: {
    infer(shapes, { counts }) {
      const op = 'batch_norm_gather_stats';
      expectInputs(op, shapes, 3);
      const [moments, ...running] = shapes;
      const channels = moments[2];
      expectShape(op, 'moments', moments, [counts.length, 3, channels]);
      for (const vector of running) expectShape(op, 'a vector of channels', vector, [channels]);
      if (counts.reduce((sum, count) => sum + count, 0) === 1) {
        throw new CardinalError(
          'batch_norm: expected more than one value per channel when training, got one; use a larger batch or picture',
        );
      }
      return [[2, channels], [channels]];
    },
    mutates: () => [1, 2],
  },

  batch_norm_elemt: {
    infer(shapes, { residual }) {
      const op = 'batch_norm_elemt';
      expectInputs(op, shapes, 5 + Number(residual));
      const [x, gamma, beta, mean, invstd] = shapes;
      expectPicture(op, x);
      for (const vector of [gamma, beta, invstd]) expectShape(op, 'a vector of channels', vector, [x[1]]);
      expectShape(op, 'a mean in two rows', mean, [2, x[1]]);
      if (residual) expectShape(op, 'a residual', shapes[5], x);
      return [x];
    },
    gradient(graph, { attrs, inputs, outputs }, [dy]) {
      if (dy === undefined) return [];
      const { activation, residual } = attrs;
      const [x, gamma, beta, mean, invstd] = inputs;
      if (!isDifferentiableByResult(activation)) {
        const [sums, dgamma, dbeta, dz] = graph.apply(
          'batch_norm_activation_backward_reduce',
          [dy, x, gamma, beta, mean, invstd],
          { activation },
        );
        graph.apply('all_reduce', [sums], {});
        graph.apply('all_reduce_wait', [sums], {});
        const plain = { ...attrs, activation: 'none' } as const;
        const dx = graph.apply1('batch_norm_backward_elemt', [dz, x, gamma, mean, invstd, sums], plain);
        return [dx, dgamma, dbeta];
      }
      const activates = activation !== 'none';
      const y = activates ? outputs : [];
      const [sums, dgamma, dbeta] = graph.apply('batch_norm_backward_reduce', [dy, x, mean, invstd, ...y], {
        activation,
      });
      graph.apply('all_reduce', [sums], {});
      graph.apply('all_reduce_wait', [sums], {});
      const [dx, dz] = graph.apply('batch_norm_backward_elemt', [dy, x, gamma, mean, invstd, sums, ...y], {
        ...attrs,
        activation,
      });
      const gradients = [dx, dgamma, dbeta, undefined, undefined];
      return residual ? [...gradients, activates ? dz : dy] : gradients;
    },
  },

  batch_norm_backward_reduce: {
    infer(shapes, { activation }) {
      const op = 'batch_norm_backward_reduce';
      expectInputs(op, shapes, 4 + Number(activation !== 'none'));
      const [dy, x] = shapes;
      expectShape(op, 'dy', dy, x);
      return [[2, x[1]], [x[1]], [x[1]]];
    },
  },

  batch_norm_backward_elemt: {
    infer(shapes, { activation, residual, count }) {
      const op = 'batch_norm_backward_elemt';
      const activates = activation !== 'none';
      expectInputs(op, shapes, 6 + Number(activates));
      const [dy, x, , , , sums] = shapes;
      expectShape(op, 'dy', dy, x);
      expectShape(op, 'sums of all ranks', sums, [2, x[1]]);
      if (count < sizeOf(x) / x[1]) {
        throw new CardinalError(
          `${op}: expected a count of all ranks' values, got ${count}, fewer than of one`,
        );
      }
      return activates && residual ? [x, x] : [x];
    },
  },
};
