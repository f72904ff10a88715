import { double, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { rowsOf, rowsPerChunk, sizeOf, tilesOf } from './chunks.ts';
import { align64 } from './scratch.ts';

/** Channels of a chunk where tiles are joined: a cache line. */
const combined = 16;

export const batchNorm: Lowering<'batch_norm'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[0].shape);
    return align64(rowTiles * channels * 12) + 2 * align64(channels * 4);
  },
  calls({ attrs, inputs, outputs, workspace }) {
    const [x, gamma, beta, runningMean, runningVar] = inputs;
    const [y, mean, invstd] = outputs;
    const { rows, channels, height, width, rowTiles, channelTiles } = tilesOf(x.shape);
    const scale = workspace + align64(rowTiles * channels * 12);
    const shift = scale + align64(channels * 4);
    const residual = attrs.residual ? inputs[5].address : 0;
    return [
      {
        kernel: 'batch_norm_moments',
        chunks: rowTiles * channelTiles,
        args: [x.address, workspace, rows, channels, height, width, channelTiles],
      },
      {
        kernel: 'batch_norm_combine',
        chunks: Math.ceil(channels / combined),
        args: [
          ...[workspace, gamma.address, beta.address, runningMean.address, runningVar.address],
          ...[mean.address, invstd.address, scale, shift, rows, channels, height, combined],
          ...double(attrs.eps),
          ...double(attrs.momentum),
        ],
      },
      apply(x, y, [mean.address, scale, shift], residual, attrs.activation === 'relu'),
    ];
  },
};

export const batchNormRecompute: Lowering<'batch_norm_recompute'> = {
  workspaceBytes: ({ inputs }) => 2 * align64(inputs[0].shape[1] * 4),
  calls({ attrs, inputs, outputs, workspace }) {
    const [x, gamma, beta, mean, invstd] = inputs;
    const { channels } = rowsOf(x.shape);
    const shift = workspace + align64(channels * 4);
    const residual = attrs.residual ? inputs[5].address : 0;
    return [
      {
        kernel: 'batch_norm_rescale',
        chunks: 1,
        args: [gamma.address, beta.address, mean.address, invstd.address, workspace, shift, channels],
      },
      apply(x, outputs[0], [mean.address, workspace, shift], residual, attrs.activation === 'relu'),
    ];
  },
};

export const batchNormInference: Lowering<'batch_norm_inference'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[1] * 4,
  calls({ attrs, inputs, outputs, workspace }) {
    const [x, gamma, beta, mean, variance] = inputs;
    const residual = attrs.residual ? inputs[5].address : 0;
    return [
      scaleOf(gamma, variance, workspace, attrs.eps),
      apply(x, outputs[0], [mean.address, workspace, beta.address], residual, attrs.activation === 'relu'),
    ];
  },
};

export const batchNormBackward: Lowering<'batch_norm_backward'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[1].shape);
    return align64(rowTiles * channels * 8) + channels * 12;
  },
  calls({ attrs, inputs, outputs, workspace }) {
    const [dy, x, gamma, mean, invstd] = inputs;
    const [dx, dgamma, dbeta] = outputs;
    const { rows, channels, height, width, rowTiles, channelTiles } = tilesOf(x.shape);
    const y = attrs.activation === 'relu' ? inputs[5].address : 0;
    const dresidual = attrs.activation === 'relu' && attrs.residual ? outputs[3].address : 0;
    const coefficients = workspace + align64(rowTiles * channels * 8);
    return [
      {
        kernel: 'batch_norm_backward_sums',
        chunks: rowTiles * channelTiles,
        args: [
          ...[dy.address, x.address, y, mean.address, workspace],
          ...[rows, channels, height, width, channelTiles],
        ],
      },
      {
        kernel: 'batch_norm_backward_combine',
        chunks: Math.ceil(channels / combined),
        args: [
          ...[workspace, gamma.address, mean.address, invstd.address, dgamma.address, dbeta.address],
          ...[coefficients, rows, channels, rowTiles, combined],
        ],
      },
      {
        kernel: 'batch_norm_backward_apply',
        chunks: Math.ceil(rows / rowsPerChunk(channels)),
        args: [
          ...[dy.address, x.address, y, mean.address, coefficients, dx.address, dresidual],
          ...[rows, channels, rowsPerChunk(channels)],
        ],
      },
    ];
  },
};

export const batchNormInferenceBackward: Lowering<'batch_norm_inference_backward'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[1] * 4,
  calls({ attrs, inputs, outputs, workspace }) {
    const [dy, gamma, variance] = inputs;
    const { rows, channels } = rowsOf(dy.shape);
    const y = attrs.activation === 'relu' ? inputs[3].address : 0;
    const dresidual = attrs.activation === 'relu' && attrs.residual ? outputs[1].address : 0;
    const perChunk = rowsPerChunk(channels);
    return [
      scaleOf(gamma, variance, workspace, attrs.eps),
      {
        kernel: 'batch_norm_inference_backward',
        chunks: Math.ceil(rows / perChunk),
        args: [dy.address, y, workspace, outputs[0].address, dresidual, rows, channels, perChunk],
      },
    ];
  },
};

export const foldBatchNorm: Lowering<'fold_batch_norm'> = {
  calls({ attrs, inputs, outputs }) {
    const [gamma, beta, mean, variance] = inputs.slice(attrs.bias ? 2 : 1);
    const filters = inputs[0].shape[0];
    const size = sizeOf(inputs[0].shape) / filters;
    const filtersPerChunk = rowsPerChunk(size);
    return [
      {
        kernel: 'fold_batch_norm',
        chunks: Math.ceil(filters / filtersPerChunk),
        args: [
          ...[inputs[0].address, attrs.bias ? inputs[1].address : 0],
          ...[gamma.address, beta.address, mean.address, variance.address],
          ...[outputs[0].address, outputs[1].address, filters, size, filtersPerChunk, ...double(attrs.eps)],
        ],
      },
    ];
  },
};

/** γ/√(variance + ε) at `scale`. */
function scaleOf(gamma: PlacedBuffer, variance: PlacedBuffer, scale: number, eps: number): Call {
  const args = [gamma.address, variance.address, scale, gamma.shape[0], ...double(eps)];
  return { kernel: 'batch_norm_scale', chunks: 1, args };
}

/** y = scale·(x − mean) + shift + residual and ReLU, with the addresses of mean, scale and shift. */
function apply(
  x: PlacedBuffer,
  y: PlacedBuffer,
  statistics: readonly [number, number, number],
  residual: number,
  relu: boolean,
): Call {
  const { rows, channels } = rowsOf(x.shape);
  const perChunk = rowsPerChunk(channels);
  return {
    kernel: 'batch_norm_apply',
    chunks: Math.ceil(rows / perChunk),
    args: [x.address, y.address, ...statistics, residual, relu ? 1 : 0, rows, channels, perChunk],
  };
}
