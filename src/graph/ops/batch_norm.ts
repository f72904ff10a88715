import { CardinalError } from '../../base/errors.ts';
import type { OpDefinition } from '../op.ts';
import { sizeOf, type Shape } from '../value.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';

/** Batch normalisation (Ioffe and Szegedy 2015) with the addition and the activation that follow it in a residual block. */
export const batchNorm: OpDefinition<'batch_norm'> = {
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
    const [x, gamma] = inputs;
    const [y, mean, invstd] = outputs;
    const { activation, residual } = attrs;
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
  repeat({ attrs: { activation, residual }, inputs, outputs }) {
    const [x, gamma, beta, , , ...beside] = inputs;
    const [, mean, invstd] = outputs;
    return {
      op: 'batch_norm_recompute',
      attrs: { activation, residual },
      inputs: [x, gamma, beta, mean, invstd, ...beside],
    };
  },
};

export const batchNormRecompute: OpDefinition<'batch_norm_recompute'> = {
  infer(shapes, attrs) {
    const [x, gamma, beta, mean, ...rest] = shapes;
    expectMean('batch_norm_recompute', mean, x);
    checkBatchNorm('batch_norm_recompute', [x, gamma, beta, gamma, ...rest], attrs.residual);
    return [x];
  },
};

/**
 * Batch normalisation with the running statistics: in inference, and in training where the norm is frozen. There the
 * gradient passes through to x and the residual; γ, β and the statistics get none.
 */
export const batchNormInference: OpDefinition<'batch_norm_inference'> = {
  infer(shapes, attrs) {
    checkBatchNorm('batch_norm_inference', shapes, attrs.residual);
    return [shapes[0]];
  },
  gradient(graph, { attrs, inputs, outputs }, [dy]) {
    if (dy === undefined) return [];
    const [, gamma, , , variance] = inputs;
    const { activation, residual } = attrs;
    const activates = activation !== 'none';
    const [dx, dz] = graph.apply(
      'batch_norm_inference_backward',
      [dy, gamma, variance, ...(activates ? [outputs[0]] : [])],
      attrs,
    );
    const gradients = [dx, undefined, undefined, undefined, undefined];
    return residual ? [...gradients, activates ? dz : dy] : gradients;
  },
};

export const batchNormBackward: OpDefinition<'batch_norm_backward'> = {
  infer(shapes, { activation, residual }) {
    const activates = activation !== 'none';
    expectInputs('batch_norm_backward', shapes, 5 + Number(activates));
    const [dy, x, , mean] = shapes;
    expectShape('batch_norm_backward', 'dy', dy, x);
    expectMean('batch_norm_backward', mean, x);
    return [x, [x[1]], [x[1]], ...(activates && residual ? [x] : [])];
  },
};

/** x is not among its inputs, so what stands before a frozen norm need not be kept for the backward pass. */
export const batchNormInferenceBackward: OpDefinition<'batch_norm_inference_backward'> = {
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
};

/** In inference, γ(conv(x, w) − mean)/√(var + ε) + β is a convolution with scaled weights and a bias. */
export const foldBatchNorm: OpDefinition<'fold_batch_norm'> = {
  infer(shapes, attrs) {
    expectInputs('fold_batch_norm', shapes, 5 + Number(attrs.bias));
    const [w] = shapes;
    for (const vector of shapes.slice(1)) expectShape('fold_batch_norm', 'a vector', vector, [w[0]]);
    return [w, [w[0]]];
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
