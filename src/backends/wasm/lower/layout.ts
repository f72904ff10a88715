import { sizeOf } from '../../../base/shape.ts';
import { copy } from '../args/elementwise.ts';
import * as kernels from '../args/layout.ts';
import { call, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { chunkFloats, rowsOf, rowsPerChunk } from './chunks.ts';
import { elementsOf } from './elementwise.ts';

export const concat: Lowering<'concat'> = {
  calls({ inputs, outputs: [y] }) {
    let first = 0;
    return inputs.map((x) => {
      const copied = copyChannels(x, 0, y, first, x.shape[1]);
      first += x.shape[1];
      return copied;
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
    ].filter(({ chunks }) => chunks > 0);
  },
};

export const pad2d: Lowering<'pad2d'> = {
  calls: ({ attrs: { padding }, inputs: [x], outputs: [y] }) => [padPicture(x, y, padding[0], padding[2])],
};

export const crop2d: Lowering<'crop2d'> = {
  calls: ({ attrs: { padding }, inputs: [x], outputs: [y] }) => [padPicture(x, y, -padding[0], -padding[2])],
};

function padPicture(x: PlacedBuffer, y: PlacedBuffer, top: number, left: number): Call {
  return call(kernels.padPicture, y.shape[0] * y.shape[2], {
    ...{ x: x.address, y: y.address, ...pictures(x, y), top, left },
  });
}

export const subsample: Lowering<'subsample'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [subsampleCall(x, y, attrs.stride)],
};

/** Every `stride`-th pixel of x. */
export function subsampleCall(x: PlacedBuffer, y: PlacedBuffer, stride: number): Call {
  const args = { x: x.address, y: y.address, ...pictures(x, y), stride };
  return call(kernels.subsample, y.shape[0] * y.shape[2], args);
}

export const subsampleBackward: Lowering<'subsample_backward'> = {
  calls: ({ attrs, inputs: [dy], outputs: [dx] }) => [subsampleBackwardCall(dy, dx, attrs.stride)],
};

/** dy at every `stride`-th pixel, zero between. */
export function subsampleBackwardCall(dy: PlacedBuffer, dx: PlacedBuffer, stride: number): Call {
  const args = { dy: dy.address, dx: dx.address, ...pictures(dx, dy), stride };
  return call(kernels.subsampleBackward, dx.shape[0] * dx.shape[2], args);
}

/** The sizes of pictures H×W and of others, P×Q, that are made of them or are made into them. */
function pictures({ shape: [, channels, height, width] }: PlacedBuffer, { shape }: PlacedBuffer) {
  return { height, width, channels, outHeight: shape[2], outWidth: shape[3] };
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

/** A run of channels of every pixel; zeros if there is no x. */
export function copyChannels(
  x: PlacedBuffer | undefined,
  sourceFirst: number,
  y: PlacedBuffer,
  targetFirst: number,
  length: number,
): Call {
  const { rows: pixels, channels: targetChannels } = rowsOf(y.shape);
  const pixelsPerChunk = rowsPerChunk(Math.max(length, 1));
  return call(kernels.copyChannels, length === 0 ? 0 : Math.ceil(pixels / pixelsPerChunk), {
    ...{ source: x?.address, target: y.address, pixels, pixelsPerChunk },
    ...{ sourceChannels: x?.shape[1] ?? 0, sourceFirst, targetChannels, targetFirst, length },
  });
}

/** rows × columns → columns × rows in each picture. */
function transposed(x: PlacedBuffer, y: PlacedBuffer, rows: number, columns: number): Call {
  const addresses = { source: x.address, target: y.address };
  if (rows === 1 || columns === 1) {
    const { chunks, elements } = elementsOf(x.shape);
    return call(copy, chunks, { ...addresses, ...elements });
  }
  const rowsPerChunk = Math.max(1, Math.floor(chunkFloats / 4 / columns));
  const chunksPerImage = Math.ceil(rows / rowsPerChunk);
  return call(kernels.transpose, x.shape[0] * chunksPerImage, {
    ...{ ...addresses, rows, columns, rowsPerChunk, chunksPerImage },
  });
}
