import { roundUp } from '../../../base/round-up.ts';
import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import { depthwiseLarge, depthwiseLargeGradient } from '../args/depthwise-large.ts';
import { packDepthwiseWeights, reduceDepthwiseGradient } from '../args/depthwise.ts';
import { call, packed, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { sharing } from './conv2d-grouped.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';

/** Channels of a block, and bytes of one of its packed pixels. */
const BLOCK = 16;
const PIXEL = 64;
/** Columns of a register tile: see `kernels/depthwise-large-tiles.ts`. */
const TILE = 7;
/** Bytes of x that a chunk reads, and of x and dy together for a weight gradient: half of a common second-level cache. */
const FETCHED_BYTES = 512 * 1024;
/** Bytes of packed rows, of the scratch room. */
const PACKED_BYTES = 384 * 1024;
/** Slices wanted of a weight gradient: each takes room for a whole one. */
const SLICES = 32;

/** Whether the kernels of `kernels/depthwise-large.ts` take a convolution. Its sums are those of the kernels for all groups, bit for bit. */
export function depthwiseLargeApplies(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  const [stride] = attrs.stride;
  const [padding] = attrs.padding;
  const [filters, , size] = w;
  return (
    attrs.groups === x[1] &&
    attrs.groups === filters &&
    filters % 4 === 0 &&
    size >= 5 &&
    w[3] === size &&
    (stride === 1 || stride === 2) &&
    attrs.stride[1] === stride &&
    attrs.padding[1] === padding &&
    padding < size &&
    attrs.dilation.every((n) => n === 1) &&
    // Of the larger side, which is dy where it is padded by more than the filter takes.
    (2 * size + 2) * PIXEL * packedColumns(x[3] + 2 * padding, x[3] + 2 * padding, size, 1, padding) <=
      PACKED_BYTES
  );
}

/**
 * Whether they take its gradients, whose sums they take in an order of their own. Rows are packed by sixteen channels: of fewer than
 * two such packs too much is nothing.
 */
export function depthwiseLargeGradientApplies(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  return attrs.groups >= 32 && depthwiseLargeApplies(attrs, x, w);
}

export const conv2dDepthwiseLarge: Lowering<'conv2d'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape),
  calls({ attrs, inputs, outputs: [y], workspace, keep }) {
    const [x, w, ...rest] = inputs;
    const { address, calls } = packed({ keep, workspace }, w, packedBytes(w.shape), (room) => [
      pack(w, room, false),
    ]);
    const { stride, padding } = attrs;
    const geometry = { size: w.shape[2], stride: stride[0], padding: padding[0], spread: false };
    return [...calls, convolution(geometry, x, y, address, finishOf(attrs, rest))];
  },
};

export const conv2dDepthwiseLargeBackwardInput: Lowering<'conv2d_backward_input'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape),
  calls({ attrs, inputs: [dy, w], outputs: [dx], workspace }) {
    const size = w.shape[2];
    const geometry = { size, stride: 1, padding: size - 1 - attrs.padding[0], spread: attrs.stride[0] === 2 };
    return [pack(w, workspace, true), convolution(geometry, dy, dx, workspace, noFinish)];
  },
};

export const conv2dDepthwiseLargeBackwardWeight: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes: ({ inputs: [dy, x], outputs: [dw] }) =>
    slicing(dy.shape, x.shape).slices * sliceBytes(dw.shape),
  calls({ attrs, inputs: [dy, x], outputs: [dw], workspace }) {
    const [, channels, height, width] = x.shape;
    const [, , outHeight, outWidth] = dy.shape;
    const size = dw.shape[2];
    const {
      stride: [stride],
      padding: [padding],
    } = attrs;
    const { rows, rowsPerChunk, slices, blocksPerChunk, blockChunks } = slicing(dy.shape, x.shape);
    const columns = packedColumns(width, outWidth, size, stride, padding);
    const shared = { partials: workspace, sliceBytes: sliceBytes(dw.shape) };
    return [
      call(depthwiseLargeGradient, slices * blockChunks, {
        ...{ x: x.address, dy: dy.address, ...shared },
        ...{ height, width, channels, outHeight, outWidth, size, stride, padding, columns },
        ...{ rowsPerChunk, blocksPerChunk, blockChunks, rows },
        roomRows: Math.floor(PACKED_BYTES / (PIXEL * columns)),
      }),
      call(reduceDepthwiseGradient, Math.ceil(channels / BLOCK), {
        ...{ ...shared, dw: dw.address, filters: channels, taps: size * size, perBlock: BLOCK },
        ...{ paired: true, slices },
      }),
    ];
  },
};

/** What is convolved as it stands; where `spread`, the columns and rows of the source are two apart in the target. */
interface Geometry {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly spread: boolean;
}

function convolution(
  { size, stride, padding, spread }: Geometry,
  { address, shape: [images, channels, height, width] }: PlacedBuffer,
  target: PlacedBuffer,
  weights: number,
  finish: Finish,
): Call {
  const [, , outHeight, outWidth] = target.shape;
  const columns = spread
    ? ((padding + 1) >> 1) + Math.max(width, roundUp(Math.ceil(outWidth / 2), TILE) + (size >> 1) + 1)
    : packedColumns(width, outWidth, size, stride, padding);
  // Rows of the source that come with each of the target, and those beside them.
  const step = spread ? 0.5 : stride;
  const beside = spread ? (size >> 1) + 2 : size - stride;
  const fitting = Math.min(
    FETCHED_BYTES / (4 * channels * width) - beside,
    PACKED_BYTES / (PIXEL * columns) - beside,
  );
  // As many as the rows beside them at least: else these would be most of what is read.
  const least = Math.min(size, Math.floor((PACKED_BYTES / (PIXEL * columns) - beside) / step));
  const wanted = Math.min(outHeight, Math.max(1, least, Math.floor(fitting / step)));
  const rowsPerChunk = Math.ceil(outHeight / Math.ceil(outHeight / wanted));
  const rowChunks = Math.ceil(outHeight / rowsPerChunk);
  const { blocksPerChunk, blockChunks } = sharing(Math.ceil(channels / BLOCK), images * rowChunks);
  return call(depthwiseLarge, images * rowChunks * blockChunks, {
    ...{ source: address, target: target.address, weights, ...finish },
    ...{ height, width, channels, outHeight, outWidth, size, stride, padding, columns },
    ...{ rowsPerChunk, blocksPerChunk, blockChunks, rowChunks, spread },
  });
}

/** The row itself with zeros on its left, and all that whole tiles read. */
function packedColumns(
  width: number,
  outWidth: number,
  size: number,
  stride: number,
  padding: number,
): number {
  return Math.max(padding + width, (roundUp(outWidth, TILE) - 1) * stride + size);
}

function pack({ address, shape: [filters, , size] }: PlacedBuffer, room: number, flipped: boolean): Call {
  return call(packDepthwiseWeights, Math.ceil(filters / BLOCK), {
    ...{ weights: address, packed: room, filters, taps: size * size, perBlock: BLOCK },
    ...{ flipped, paired: true },
  });
}

/** Packing fills whole blocks of channels. */
function packedBytes([filters, , rows, columns]: Shape): number {
  return 4 * roundUp(filters, BLOCK) * rows * columns;
}

/** A line more than a slice takes, so that the same weight of all slices is not in the same set of a cache. */
function sliceBytes(w: Shape): number {
  return packedBytes(w) + 64;
}

/** A slice is some rows of dy, of all pictures; its channels may be of several chunks. */
function slicing([images, channels, outHeight, outWidth]: Shape, x: Shape) {
  const rows = images * outHeight;
  const bytes = 4 * images * channels * (x[2] * x[3] + outHeight * outWidth);
  const wanted = Math.min(rows, SLICES, Math.ceil(bytes / FETCHED_BYTES));
  const rowsPerChunk = Math.ceil(rows / wanted);
  const slices = Math.ceil(rows / rowsPerChunk);
  return { rows, rowsPerChunk, slices, ...sharing(Math.ceil(channels / BLOCK), slices) };
}
