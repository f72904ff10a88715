import type { PoolAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/pool.ts';
import { call, type Lowering, type PlacedBuffer } from '../call.ts';
import { chunkFloats } from './chunks.ts';

/** Channels of a chunk: few enough that global pooling of a single picture still gives many chunks. */
const forwardChannels = 64;
const backwardChannels = 64;
/** Where they still give few chunks, as of the large pictures at a network's beginning: a cache line. */
const fewestChannels = 16;
const fewChunks = 8;

export const maxPool2d: Lowering<'max_pool2d'> = {
  calls({ attrs, inputs: [x], outputs: [y] }) {
    const { chunks, geometry } = cut(attrs, x.shape, y.shape, y.shape, forwardChannels);
    return [call(kernels.maxPool, chunks, { source: x.address, target: y.address, ...geometry })];
  },
};

export const avgPool2d: Lowering<'avg_pool2d'> = {
  calls({ attrs, inputs: [x], outputs: [y] }) {
    const { chunks, geometry } = cut(attrs, x.shape, y.shape, y.shape, channelsOfMean(y.shape));
    const countPadding = attrs.countIncludePad;
    return [
      call(kernels.avgPool, chunks, { source: x.address, target: y.address, ...geometry, countPadding }),
    ];
  },
};

export const maxPool2dBackward: Lowering<'max_pool2d_backward'> = {
  calls({ attrs, inputs: [dy, x], outputs: [dx] }) {
    // Long chunks: windows that reach into two of them are looked at twice.
    const { chunks, geometry } = cut(attrs, x.shape, dy.shape, x.shape, backwardChannels, 4 * chunkFloats);
    const args = { source: dy.address, target: dx.address, ...geometry, x: x.address };
    return [call(kernels.maxPoolBackward, chunks, args)];
  },
};

export const avgPool2dBackward: Lowering<'avg_pool2d_backward'> = {
  calls({ attrs, inputs: [dy], outputs: [dx] }) {
    const { chunks, geometry } = cut(attrs, dx.shape, dy.shape, dx.shape, forwardChannels);
    const args = { source: dy.address, target: dx.address, ...geometry };
    return [call(kernels.avgPoolBackward, chunks, { ...args, countPadding: attrs.countIncludePad })];
  },
};

/** Each channel is summed up by itself, so that its bits are those of any cut. */
function channelsOfMean([images, channels, height]: Shape): number {
  const chunks = images * height * Math.ceil(channels / forwardChannels);
  return chunks < fewChunks ? fewestChannels : forwardChannels;
}

/** Chunks are some rows of `written`, the shape of what is written, and a block of channels: about `chunkWork` floats of windows. */
function cut(
  { kernelSize, stride, padding }: PoolAttrs,
  [images, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
  written: Shape,
  channelsPerChunk: number,
  chunkWork = 2 * chunkFloats,
) {
  const blocks = Math.ceil(channels / channelsPerChunk);
  const windows = kernelSize[0] * kernelSize[1] * outHeight * outWidth;
  const rowWork = (windows / written[2]) * Math.min(channels, channelsPerChunk);
  const wantedRows = Math.min(written[2], Math.max(1, Math.floor(chunkWork / rowWork)));
  const rowsPerChunk = Math.ceil(written[2] / Math.ceil(written[2] / wantedRows));
  const rowChunks = Math.ceil(written[2] / rowsPerChunk);
  return {
    chunks: images * rowChunks * blocks,
    geometry: {
      ...{ height, width, channels, outHeight, outWidth },
      ...{ windowRows: kernelSize[0], windowColumns: kernelSize[1] },
      ...{ strideRows: stride[0], strideColumns: stride[1], padRows: padding[0], padColumns: padding[1] },
      ...{ channelsPerChunk, blocks, rowsPerChunk, rowChunks },
    },
  };
}

export const adaptiveAvgPool2d: Lowering<'adaptive_avg_pool2d'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [
    call(kernels.adaptiveAvgPool, rowsOfPixels(y.shape), adaptive(x, y, x.shape, y.shape)),
  ],
};

export const adaptiveAvgPool2dBackward: Lowering<'adaptive_avg_pool2d_backward'> = {
  calls: ({ inputs: [dy], outputs: [dx] }) => [
    call(kernels.adaptiveAvgPoolBackward, rowsOfPixels(dx.shape), adaptive(dy, dx, dx.shape, dy.shape)),
  ],
};

export const adaptiveMaxPool2d: Lowering<'adaptive_max_pool2d'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [
    call(kernels.adaptiveMaxPool, rowsOfPixels(y.shape), adaptive(x, y, x.shape, y.shape)),
  ],
};

export const adaptiveMaxPool2dBackward: Lowering<'adaptive_max_pool2d_backward'> = {
  calls({ inputs: [dy, x], outputs: [dx] }) {
    const [images, channels] = x.shape;
    const blocks = Math.ceil(channels / backwardChannels);
    return [
      call(kernels.adaptiveMaxPoolBackward, images * blocks, {
        ...adaptive(dy, dx, x.shape, dy.shape),
        ...{ x: x.address, channelsPerChunk: backwardChannels, blocks },
      }),
    ];
  },
};

function rowsOfPixels([images, , height]: Shape): number {
  return images * height;
}

function adaptive(
  source: PlacedBuffer,
  target: PlacedBuffer,
  [, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
) {
  return {
    ...{ source: source.address, target: target.address },
    ...{ height, width, channels, outHeight, outWidth },
  };
}
