import { sizeOf } from '../../../base/shape.ts';
import * as kernels from '../args/layer-norm.ts';
import { call, type Lowering, type PlacedBuffer } from '../call.ts';
import { rowsPerChunk as rowsPerChunkOf } from './chunks.ts';

/** Channels of a chunk where parts are added up: a cache line. */
const combined = 16;

export const layerNorm: Lowering<'layer_norm'> = {
  calls({ attrs: { eps }, inputs: [x, gamma, beta], outputs: [y, mean, invstd] }) {
    const { chunks, ...cut } = cutRows(gamma, invstd);
    return [
      call(kernels.layerNorm, chunks, {
        ...{ x: x.address, y: y.address, gamma: gamma.address, beta: beta.address },
        ...{ mean: mean.address, invstd: invstd.address, ...cut, eps },
      }),
    ];
  },
};

export const layerNormBackward: Lowering<'layer_norm_backward'> = {
  workspaceBytes: ({ inputs: [, , gamma, , invstd] }) => cutRows(gamma, invstd).chunks * gamma.shape[0] * 8,
  calls({ inputs: [dy, x, gamma, mean, invstd], outputs: [dx, dgamma, dbeta], workspace }) {
    const { chunks, ...cut } = cutRows(gamma, invstd);
    return [
      call(kernels.layerNormBackward, chunks, {
        ...{ dy: dy.address, x: x.address, gamma: gamma.address, dx: dx.address },
        ...{ mean: mean.address, invstd: invstd.address, partials: workspace, ...cut },
      }),
      call(kernels.layerNormBackwardCombine, Math.ceil(cut.channels / combined), {
        ...{ partials: workspace, dgamma: dgamma.address, dbeta: dbeta.address },
        ...{ channels: cut.channels, parts: chunks, channelsPerChunk: combined },
      }),
    ];
  },
};

/** Chunks of whole rows: γ tells how long they are, 1/σ how many there are. */
function cutRows(gamma: Pick<PlacedBuffer, 'shape'>, invstd: Pick<PlacedBuffer, 'shape'>) {
  const [channels, rows] = [sizeOf(gamma.shape), sizeOf(invstd.shape)];
  const rowsPerChunk = rowsPerChunkOf(channels);
  return { rows, channels, rowsPerChunk, chunks: Math.ceil(rows / rowsPerChunk) };
}
