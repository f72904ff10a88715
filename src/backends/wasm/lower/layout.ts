import type { Call, Lowering, PlacedBuffer } from '../call.ts';
import { chunkFloats, rowsOf, rowsPerChunk, sizeOf } from './chunks.ts';
import { elementwise } from './elementwise.ts';

export const concat: Lowering<'concat'> = {
  calls({ inputs, outputs: [y] }) {
    let first = 0;
    return inputs.map((x) => {
      const call = copyChannels(x, 0, y, first, x.shape[1]);
      first += x.shape[1];
      return call;
    });
  },
};

export const sliceChannels: Lowering<'slice_channels'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [copyChannels(x, attrs.start, y, 0, attrs.length)],
};

export const padChannels: Lowering<'pad_channels'> = {
  calls({ attrs, inputs: [x], outputs: [y] }) {
    const channels = x.shape[1];
    return [
      copyChannels(undefined, 0, y, 0, attrs.before),
      copyChannels(x, 0, y, attrs.before, channels),
      copyChannels(undefined, 0, y, attrs.before + channels, attrs.after),
    ].filter((call) => call.chunks > 0);
  },
};

export const pad2d: Lowering<'pad2d'> = {
  calls: ({ attrs: { padding }, inputs: [x], outputs: [y] }) => [padPicture(x, y, padding[0], padding[2])],
};

export const crop2d: Lowering<'crop2d'> = {
  calls: ({ attrs: { padding }, inputs: [x], outputs: [y] }) => [padPicture(x, y, -padding[0], -padding[2])],
};

function padPicture(x: PlacedBuffer, y: PlacedBuffer, top: number, left: number): Call {
  const [, channels, height, width] = x.shape;
  const [images, , outHeight, outWidth] = y.shape;
  const args = [x.address, y.address, height, width, channels, outHeight, outWidth, top, left];
  return { kernel: 'pad_picture', chunks: images * outHeight, args };
}

export const subsample: Lowering<'subsample'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [subsampleCall(x, y, attrs.stride)],
};

/** Every `stride`-th pixel of x. */
export function subsampleCall(x: PlacedBuffer, y: PlacedBuffer, stride: number): Call {
  const [, channels, height, width] = x.shape;
  const [images, , outHeight, outWidth] = y.shape;
  const args = [x.address, y.address, height, width, channels, outHeight, outWidth, stride];
  return { kernel: 'subsample', chunks: images * outHeight, args };
}

export const subsampleBackward: Lowering<'subsample_backward'> = {
  calls: ({ attrs, inputs: [dy], outputs: [dx] }) => [subsampleBackwardCall(dy, dx, attrs.stride)],
};

/** dy at every `stride`-th pixel, zero between. */
export function subsampleBackwardCall(dy: PlacedBuffer, dx: PlacedBuffer, stride: number): Call {
  const [, , outHeight, outWidth] = dy.shape;
  const [images, channels, height, width] = dx.shape;
  const args = [dy.address, dx.address, height, width, channels, outHeight, outWidth, stride];
  return { kernel: 'subsample_backward', chunks: images * height, args };
}

export const flatten: Lowering<'flatten'> = {
  calls({ inputs: [x], outputs: [y] }) {
    const pixels = x.shape.length === 4 ? x.shape[2] * x.shape[3] : 1;
    return [transposed(x, y, pixels, sizeOf(x.shape) / x.shape[0] / pixels)];
  },
};

export const flattenBackward: Lowering<'flatten_backward'> = {
  calls({ inputs: [dy], outputs: [dx] }) {
    const pixels = dx.shape.length === 4 ? dx.shape[2] * dx.shape[3] : 1;
    return [transposed(dy, dx, sizeOf(dx.shape) / dx.shape[0] / pixels, pixels)];
  },
};

function copyChannels(
  x: PlacedBuffer | undefined,
  from: number,
  y: PlacedBuffer,
  to: number,
  length: number,
): Call {
  const { rows, channels } = rowsOf(y.shape);
  const perChunk = rowsPerChunk(Math.max(length, 1));
  const source = x === undefined ? [0, 0] : [x.address, x.shape[1]];
  return {
    kernel: 'copy_channels',
    chunks: length === 0 ? 0 : Math.ceil(rows / perChunk),
    args: [source[0], y.address, rows, perChunk, source[1], from, channels, to, length],
  };
}

/** rows × columns → columns × rows in each picture. */
function transposed(x: PlacedBuffer, y: PlacedBuffer, rows: number, columns: number): Call {
  if (rows === 1 || columns === 1) return elementwise('copy', [x.address, y.address], sizeOf(x.shape));
  const perChunk = Math.max(1, Math.floor(chunkFloats / 4 / columns));
  const perImage = Math.ceil(rows / perChunk);
  return {
    kernel: 'transpose',
    chunks: x.shape[0] * perImage,
    args: [x.address, y.address, rows, columns, perChunk, perImage],
  };
}
