import { sizeOf } from '../../../base/shape.ts';
import * as kernels from '../args/reduce.ts';
import { call, type Lowering } from '../call.ts';
import { chunkFloats, tilesOf } from './chunks.ts';

/** Channels of a chunk where tiles are added up. */
const combined = 64;

export const channelSum: Lowering<'channel_sum'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[0].shape);
    return rowTiles * channels * 4;
  },
  calls({ inputs: [x], outputs: [sums], workspace }) {
    const { rowTiles, channelTiles, rows, channels, ...tile } = tilesOf(x.shape);
    return [
      call(kernels.channelSumTiles, rowTiles * channelTiles, {
        ...{ x: x.address, partials: workspace, rows, channels },
        ...{ rowsPerTile: tile.height, channelsPerTile: tile.width, channelTiles },
      }),
      call(kernels.channelSumCombine, Math.ceil(channels / combined), {
        ...{ partials: workspace, sums: sums.address, channels, rowTiles, channelsPerChunk: combined },
      }),
    ];
  },
};

export const gradientNorm: Lowering<'gradient_norm'> = {
  workspaceBytes: ({ inputs }) => 8 * pieces(inputs.slice(0, -1)),
  calls({ inputs, outputs: [norm, coefficient], workspace }) {
    const gradients = inputs.slice(0, -1);
    const maxNorm = inputs[inputs.length - 1];
    const chunks = pieces(gradients);
    return [
      call(kernels.squaredNorm, chunks, {
        ...{ partials: workspace, perChunk: chunkFloats },
        tensors: gradients.flatMap(({ address, shape }) => [address, sizeOf(shape)]),
      }),
      call(kernels.normCombine, 1, {
        ...{ partials: workspace, count: chunks, maxNorm: maxNorm.address },
        ...{ norm: norm.address, coefficient: coefficient.address },
      }),
    ];
  },
};

function pieces(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((sum, { shape }) => sum + Math.ceil(sizeOf(shape) / chunkFloats), 0);
}
