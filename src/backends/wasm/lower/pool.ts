import type { PoolAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Call, Lowering, PlacedBuffer } from '../call.ts';
import { chunkFloats } from './chunks.ts';

/** Channels of a chunk: few enough that global pooling of a single picture still gives many chunks. */
const forwardChannels = 64;
const backwardChannels = 64;

export const maxPool2d: Lowering<'max_pool2d'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [
    call('max_pool', [x.address, y.address], attrs, x.shape, y.shape, y.shape, forwardChannels),
  ],
};

export const avgPool2d: Lowering<'avg_pool2d'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [
    call(
      ...(['avg_pool', [x.address, y.address], attrs, x.shape, y.shape, y.shape, forwardChannels] as const),
      [attrs.countIncludePad ? 1 : 0],
    ),
  ],
};

export const maxPool2dBackward: Lowering<'max_pool2d_backward'> = {
  calls: ({ attrs, inputs: [dy, x], outputs: [dx] }) => [
    call(
      ...(['max_pool_backward', [dy.address, dx.address], attrs, x.shape, dy.shape, x.shape] as const),
      ...([backwardChannels, [0, x.address], 4 * chunkFloats] as const),
    ),
  ],
};

export const avgPool2dBackward: Lowering<'avg_pool2d_backward'> = {
  calls: ({ attrs, inputs: [dy], outputs: [dx] }) => [
    call(
      ...(['avg_pool_backward', [dy.address, dx.address], attrs, dx.shape, dy.shape, dx.shape] as const),
      ...([forwardChannels, [attrs.countIncludePad ? 1 : 0]] as const),
    ),
  ],
};

/**
 * Chunks are some rows of `cut` (the tensor that is written) and a block of channels: about `chunkWork` floats of windows. Chunks of
 * max pooling's gradient are longer: windows that reach into two of them are looked at twice.
 */
function call(
  kernel: string,
  addresses: readonly number[],
  { kernelSize, stride, padding }: PoolAttrs,
  [images, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
  cut: Shape,
  channelsPerChunk: number,
  more: readonly number[] = [],
  chunkWork = 2 * chunkFloats,
): Call {
  const blocks = Math.ceil(channels / channelsPerChunk);
  const windows = kernelSize[0] * kernelSize[1] * outHeight * outWidth;
  const rowWork = (windows / cut[2]) * Math.min(channels, channelsPerChunk);
  const wantedRows = Math.min(cut[2], Math.max(1, Math.floor(chunkWork / rowWork)));
  const rowChunks = Math.ceil(cut[2] / wantedRows);
  const rows = Math.ceil(cut[2] / rowChunks);
  return {
    kernel,
    chunks: images * Math.ceil(cut[2] / rows) * blocks,
    args: [
      ...[...addresses, height, width, channels, outHeight, outWidth],
      ...[...kernelSize, ...stride, ...padding, channelsPerChunk, blocks, rows, Math.ceil(cut[2] / rows)],
      ...more,
    ],
  };
}

export const adaptiveAvgPool2d: Lowering<'adaptive_avg_pool2d'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [
    { kernel: 'adaptive_avg_pool', chunks: rowsOfPixels(y.shape), args: adaptive(x, y, x.shape, y.shape) },
  ],
};

export const adaptiveAvgPool2dBackward: Lowering<'adaptive_avg_pool2d_backward'> = {
  calls: ({ inputs: [dy], outputs: [dx] }) => [
    {
      kernel: 'adaptive_avg_pool_backward',
      chunks: rowsOfPixels(dx.shape),
      args: adaptive(dy, dx, dx.shape, dy.shape),
    },
  ],
};

export const adaptiveMaxPool2d: Lowering<'adaptive_max_pool2d'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [
    { kernel: 'adaptive_max_pool', chunks: rowsOfPixels(y.shape), args: adaptive(x, y, x.shape, y.shape) },
  ],
};

export const adaptiveMaxPool2dBackward: Lowering<'adaptive_max_pool2d_backward'> = {
  calls({ inputs: [dy, x], outputs: [dx] }) {
    const [images, channels] = x.shape;
    const blocks = Math.ceil(channels / backwardChannels);
    return [
      {
        kernel: 'adaptive_max_pool_backward',
        chunks: images * blocks,
        args: [...adaptive(dy, dx, x.shape, dy.shape), x.address, backwardChannels, blocks],
      },
    ];
  },
};

function rowsOfPixels([images, , height]: Shape): number {
  return images * height;
}

function adaptive(
  from: PlacedBuffer,
  to: PlacedBuffer,
  [, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
): number[] {
  return [from.address, to.address, height, width, channels, outHeight, outWidth];
}
