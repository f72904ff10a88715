import type { Activation } from '../../../graph/activation.ts';
import type { Node } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import { sizeOf } from '../../../base/shape.ts';
import * as kernels from '../args/batch-norm.ts';
import { call, type Call, type Lowering, type LowerStep, type PlacedBuffer } from '../call.ts';
import { rowsOf, rowsPerChunk as rowsPerChunkOf, tilesOf } from './chunks.ts';
import { align64 } from './scratch.ts';

/** Channels of a chunk where tiles are joined: a cache line. */
export const combined = 16;

export const batchNorm: Lowering<'batch_norm'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[0].shape);
    return align64(rowTiles * channels * 12) + 2 * align64(channels * 4);
  },
  calls({ attrs, inputs, outputs, workspace }) {
    const [x, gamma, beta, runningMean, runningVar] = inputs;
    const [y, mean, invstd] = outputs;
    const { rowTiles, rows, channels, height: rowsPerTile } = tilesOf(x.shape);
    const scale = workspace + align64(rowTiles * channels * 12);
    const shift = scale + align64(channels * 4);
    return [
      moments(x, workspace),
      call(kernels.batchNormCombine, Math.ceil(channels / combined), {
        ...{ partials: workspace, gamma: gamma.address, beta: beta.address },
        ...{ runningMean: runningMean.address, runningVariance: runningVar.address },
        ...{ mean: mean.address, invstd: invstd.address, scale, shift },
        ...{ rows, channels, rowsPerTile, channelsPerChunk: combined },
        ...{ eps: attrs.eps, momentum: attrs.momentum },
      }),
      apply(x, y, { mean: mean.address, scale, shift }, residualOf(attrs, inputs), attrs.activation),
    ];
  },
};

export const batchNormRecompute: Lowering<'batch_norm_recompute'> = {
  workspaceBytes: normalisedWorkspace,
  calls: normalised,
};

/** Room for scale and shift. */
export function normalisedWorkspace({ inputs }: Pick<Node, 'inputs'>): number {
  return 2 * align64(inputs[0].shape[1] * 4);
}

/** y from mean and 1/σ as they are given: (x, γ, β, mean, invstd, [residual]?) → y. */
export function normalised({
  attrs: { activation, residual },
  inputs,
  outputs,
  workspace,
}: Pick<LowerStep<OpName>, 'inputs' | 'outputs' | 'workspace'> & {
  readonly attrs: { readonly activation: Activation; readonly residual: boolean };
}): readonly Call[] {
  const [x, gamma, beta, mean, invstd] = inputs;
  const { channels } = rowsOf(x.shape);
  const scale = workspace;
  const shift = workspace + align64(channels * 4);
  return [
    call(kernels.batchNormRescale, 1, {
      ...{ gamma: gamma.address, beta: beta.address, mean: mean.address, invstd: invstd.address },
      ...{ scale, shift, channels },
    }),
    apply(x, outputs[0], { mean: mean.address, scale, shift }, residualOf({ residual }, inputs), activation),
  ];
}

export const batchNormInference: Lowering<'batch_norm_inference'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[1] * 4,
  calls({ attrs, inputs, outputs, workspace }) {
    const [x, gamma, beta, mean, variance] = inputs;
    const statistics = { mean: mean.address, scale: workspace, shift: beta.address };
    return [
      scaleOf(gamma, variance, workspace, attrs.eps),
      apply(x, outputs[0], statistics, residualOf(attrs, inputs), attrs.activation),
    ];
  },
};

export const batchNormBackward: Lowering<'batch_norm_backward'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[1].shape);
    return align64(rowTiles * channels * 8) + channels * 12;
  },
  calls({ attrs: { activation, residual }, inputs, outputs, workspace }) {
    const [dy, x, gamma, mean, invstd] = inputs;
    const [dx, dgamma, dbeta] = outputs;
    const { rowTiles, rows, channels } = tilesOf(x.shape);
    const activated = activation !== 'none';
    const coefficients = workspace + align64(rowTiles * channels * 8);
    const read = { dy, x, y: activated ? inputs[5] : undefined, mean, activation };
    return [
      backwardSums(read, workspace),
      call(kernels.batchNormBackwardCombine, Math.ceil(channels / combined), {
        ...{ partials: workspace, gamma: gamma.address, mean: mean.address, invstd: invstd.address },
        ...{ dgamma: dgamma.address, dbeta: dbeta.address, coefficients },
        ...{ rows, channels, rowTiles, channelsPerChunk: combined },
      }),
      backwardApply(read, coefficients, {
        dx,
        dresidual: activated && residual ? outputs[3] : undefined,
      }),
    ];
  },
};

export const batchNormInferenceBackward: Lowering<'batch_norm_inference_backward'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[1] * 4,
  calls({ attrs: { activation, residual, eps }, inputs, outputs, workspace }) {
    const [dy, gamma, variance] = inputs;
    const { rows, channels } = rowsOf(dy.shape);
    const activated = activation !== 'none';
    const rowsPerChunk = rowsPerChunkOf(channels);
    return [
      scaleOf(gamma, variance, workspace, eps),
      call(kernels.batchNormInferenceBackward, Math.ceil(rows / rowsPerChunk), {
        ...{ dy: dy.address, y: activated ? inputs[3].address : undefined, activation },
        ...{ slope: workspace, dx: outputs[0].address },
        ...{ dresidual: activated && residual ? outputs[1].address : undefined },
        ...{ rows, channels, rowsPerChunk },
      }),
    ];
  },
};

export const foldBatchNorm: Lowering<'fold_batch_norm'> = {
  calls({ attrs, inputs, outputs: [foldedWeights, foldedBias] }) {
    const weights = inputs[0];
    const [gamma, beta, mean, variance] = inputs.slice(attrs.bias ? 2 : 1);
    const filters = weights.shape[0];
    const filterSize = sizeOf(weights.shape) / filters;
    const filtersPerChunk = rowsPerChunkOf(filterSize);
    return [
      call(kernels.foldBatchNorm, Math.ceil(filters / filtersPerChunk), {
        ...{ weights: weights.address, bias: attrs.bias ? inputs[1].address : undefined },
        ...{ gamma: gamma.address, beta: beta.address, mean: mean.address, variance: variance.address },
        ...{ foldedWeights: foldedWeights.address, foldedBias: foldedBias.address },
        ...{ filters, filterSize, filtersPerChunk, eps: attrs.eps },
      }),
    ];
  },
};

/** Σd and Σd² of the tiles of x, at `partials`. */
export function moments(x: PlacedBuffer, partials: number): Call {
  const { rowTiles, channelTiles, rows, channels, height, width } = tilesOf(x.shape);
  return call(kernels.batchNormMoments, rowTiles * channelTiles, {
    ...{ x: x.address, partials, rows, channels },
    ...{ rowsPerTile: height, channelsPerTile: width, channelTiles },
  });
}

/** What both passes of the gradient read; y if there is an activation. */
interface BackwardInputs {
  readonly dy: PlacedBuffer;
  readonly x: PlacedBuffer;
  readonly y: PlacedBuffer | undefined;
  readonly mean: PlacedBuffer;
  readonly activation: Activation;
}

function addressesOf({ dy, x, y, mean, activation }: BackwardInputs) {
  return { dy: dy.address, x: x.address, y: y?.address, activation, mean: mean.address };
}

/** Σdz and Σdz·(x − mean) of the tiles, at `partials`. */
export function backwardSums(read: BackwardInputs, partials: number): Call {
  const { rowTiles, channelTiles, rows, channels, height, width } = tilesOf(read.x.shape);
  return call(kernels.batchNormBackwardSums, rowTiles * channelTiles, {
    ...addressesOf(read),
    ...{ partials, rows, channels, rowsPerTile: height, channelsPerTile: width, channelTiles },
  });
}

/** dx, and dz where it is wanted, with the address of the coefficients. */
export function backwardApply(
  read: BackwardInputs,
  coefficients: number,
  { dx, dresidual }: { readonly dx: PlacedBuffer; readonly dresidual: PlacedBuffer | undefined },
): Call {
  const { rows, channels } = rowsOf(read.x.shape);
  const rowsPerChunk = rowsPerChunkOf(channels);
  return call(kernels.batchNormBackwardApply, Math.ceil(rows / rowsPerChunk), {
    ...addressesOf(read),
    ...{ coefficients, dx: dx.address, dresidual: dresidual?.address },
    ...{ rows, channels, rowsPerChunk },
  });
}

/** The address of what is added to the normalised values, the last input, if there is something. */
function residualOf(
  { residual }: { readonly residual: boolean },
  inputs: readonly PlacedBuffer[],
): number | undefined {
  return residual ? inputs[5].address : undefined;
}

/** γ/√(variance + ε) at `scale`. */
function scaleOf(gamma: PlacedBuffer, variance: PlacedBuffer, scale: number, eps: number): Call {
  const channels = gamma.shape[0];
  const args = { gamma: gamma.address, variance: variance.address, scale, channels, eps };
  return call(kernels.batchNormScale, 1, args);
}

/** y = activation(scale·(x − mean) + shift + residual), with the addresses of mean, scale and shift. */
function apply(
  x: PlacedBuffer,
  y: PlacedBuffer,
  statistics: { readonly mean: number; readonly scale: number; readonly shift: number },
  residual: number | undefined,
  activation: Activation,
): Call {
  const { rows, channels } = rowsOf(x.shape);
  const rowsPerChunk = rowsPerChunkOf(channels);
  return call(kernels.batchNormApply, Math.ceil(rows / rowsPerChunk), {
    ...{ x: x.address, y: y.address, ...statistics, residual, activation, rows, channels, rowsPerChunk },
  });
}
