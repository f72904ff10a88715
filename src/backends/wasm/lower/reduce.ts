import type { Lowering } from '../call.ts';
import { chunkFloats, sizeOf, tilesOf } from './chunks.ts';

/** Channels of a chunk where tiles are added up. */
const combined = 64;

export const channelSum: Lowering<'channel_sum'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[0].shape);
    return rowTiles * channels * 4;
  },
  calls({ inputs: [x], outputs: [sums], workspace }) {
    const { rows, channels, height, width, rowTiles, channelTiles } = tilesOf(x.shape);
    return [
      {
        kernel: 'channel_sum_tiles',
        chunks: rowTiles * channelTiles,
        args: [x.address, workspace, rows, channels, height, width, channelTiles],
      },
      {
        kernel: 'channel_sum_combine',
        chunks: Math.ceil(channels / combined),
        args: [workspace, sums.address, channels, rowTiles, combined],
      },
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
      {
        kernel: 'squared_norm',
        chunks,
        args: [
          ...[workspace, chunkFloats, gradients.length],
          ...gradients.flatMap((gradient) => [gradient.address, sizeOf(gradient.shape)]),
        ],
      },
      {
        kernel: 'norm_combine',
        chunks: 1,
        args: [workspace, chunks, maxNorm.address, norm.address, coefficient.address],
      },
    ];
  },
};

function pieces(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((sum, { shape }) => sum + Math.ceil(sizeOf(shape) / chunkFloats), 0);
}
