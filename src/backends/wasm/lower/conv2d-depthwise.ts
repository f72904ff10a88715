import { roundUp } from '../../../base/round-up.ts';
import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import {
  depthwise3x3,
  depthwise3x3Gradient,
  depthwise3x3Gradients,
  packDepthwiseWeights,
  reduceDepthwiseGradient,
} from '../args/depthwise.ts';
import {
  call,
  packed,
  SCRATCH_BYTES,
  type Call,
  type Lowering,
  type LowerStep,
  type PlacedBuffer,
} from '../call.ts';
import { chunkFloats } from './chunks.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';

/** Channels a call of packing and of summing takes. */
const PACKED_CHANNELS = 16;
const TAPS = 9;
/** Columns of a register tile: see `kernels/depthwise-tiles.ts`. */
const TILE = 7;
/** Slices wanted of a weight gradient: each takes room for a whole one. */
const SLICES = 32;

/** Most rows done at a time, and most floats of a pixel of each that they read for the first time: 9 columns take 9 KB. */
const ROWS = 4;
const PIXEL_FLOATS = 256;

/** Whether the kernels of `kernels/depthwise-3x3.ts` take a convolution. */
export function depthwiseApplies(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  const [stride] = attrs.stride;
  return (
    attrs.groups === x[1] &&
    attrs.groups === w[0] &&
    attrs.groups % 4 === 0 &&
    w[2] === 3 &&
    w[3] === 3 &&
    (stride === 1 || stride === 2) &&
    attrs.stride[1] === stride &&
    [...attrs.padding, ...attrs.dilation].every((n) => n === 1) &&
    fitsTiles(x[3]) &&
    fitsTiles(Math.ceil(x[3] / stride)) &&
    4 * x[1] <= SCRATCH_BYTES / 2
  );
}

/** Whether rows of this width waste little of tiles of so many columns, the last of which overlaps the one before. */
const fitsTiles = (width: number): boolean => width >= TILE && roundUp(width, TILE) <= 1.35 * width;

/**
 * Rows done at a time, tile by tile, so that the rows of x that they share are read from the second-level cache once: as many
 * as leave it in the first.
 */
function rowsTogether(channels: number, stride: number): number {
  return Math.max(1, Math.min(ROWS, Math.floor(PIXEL_FLOATS / (channels * stride))));
}

/** Packing fills whole blocks of channels. */
const packedBytes = ([k]: Shape): number => 4 * roundUp(k, PACKED_CHANNELS) * TAPS;

/**
 * Bytes from one partial gradient to the next. A line more than it takes: channels in powers of two would put the same weight
 * of all slices into the same set of a cache, and adding them up would take twice as long.
 */
const sliceBytes = (w: Shape): number => packedBytes(w) + 64;

export const conv2dDepthwise: Lowering<'conv2d'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape),
  calls: ({ attrs, inputs, outputs: [y], workspace, keep }) => {
    const [x, w, ...rest] = inputs;
    const { address, calls } = packed({ keep, workspace }, w, packedBytes(w.shape), (room) => [
      pack(w, room, false),
    ]);
    return [...calls, convolution(attrs, x, y, address, false, finishOf(attrs, rest))];
  },
};

export const conv2dDepthwiseBackwardInput: Lowering<'conv2d_backward_input'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape),
  calls: ({ attrs, inputs: [dy, w], outputs: [dx], workspace }) => [
    pack(w, workspace, attrs.stride[0] === 1),
    convolution(attrs, dy, dx, workspace, true, noFinish),
  ],
};

/** Backward-input at stride 1 is the convolution with flipped weights. */
function pack({ address, shape: [channels] }: PlacedBuffer, room: number, flipped: boolean): Call {
  return call(packDepthwiseWeights, Math.ceil(channels / PACKED_CHANNELS), {
    ...{ weights: address, packed: room, filters: channels, taps: TAPS, perBlock: PACKED_CHANNELS },
    ...{ flipped, paired: true },
  });
}

function convolution(
  { stride: [stride] }: Conv2dAttrs,
  { address, shape: [images, channels, height, width] }: PlacedBuffer,
  target: PlacedBuffer,
  weights: number,
  transposed: boolean,
  finish: Finish,
): Call {
  const [, , outHeight, outWidth] = target.shape;
  const rowFloats = channels * Math.max(width, outWidth);
  const together = rowsTogether(channels, stride);
  const groups = Math.max(1, Math.round(chunkFloats / rowFloats / together));
  const rowsPerChunk = Math.min(outHeight, groups * together);
  const rowChunks = Math.ceil(outHeight / rowsPerChunk);
  return call(depthwise3x3, images * rowChunks, {
    ...{ source: address, target: target.address, weights, ...finish },
    ...{ height, width, channels, outHeight, outWidth, stride, transposed },
    ...{ rowsPerChunk, rowChunks, rowsTogether: together },
  });
}

export const conv2dDepthwiseBackwardWeight: Lowering<'conv2d_backward_weight'> = {
  // Packed weights too, for both gradients together.
  workspaceBytes: ({ inputs: [dy], outputs: [dw] }) =>
    packedBytes(dw.shape) + slicing(dy.shape).slices * sliceBytes(dw.shape),
  calls: (step) => {
    const { slices, args } = gradientArgs(step, step.workspace);
    return [call(depthwise3x3Gradient, slices, args), reduce(step, step.workspace)];
  },
};

type InputStep = LowerStep<'conv2d_backward_input'>;
type WeightStep = LowerStep<'conv2d_backward_weight'>;

/** Whether two steps are the gradients of one depthwise layer, or of two that look the same and have the same dy. */
export function depthwiseGradientsApply(input: InputStep, weight: WeightStep): boolean {
  const [dx] = input.outputs;
  const [dy, w] = input.inputs;
  const [other, x] = weight.inputs;
  return (
    dy.address === other.address &&
    depthwiseApplies(input.attrs, dx.shape, w.shape) &&
    depthwiseApplies(weight.attrs, x.shape, weight.outputs[0].shape) &&
    input.attrs.stride[0] === weight.attrs.stride[0] &&
    dx.shape.every((size, axis) => size === x.shape[axis])
  );
}

/** Both gradients in one pass over dy, the same as each by itself, bit for bit. */
export function depthwiseGradients(
  { attrs, inputs: [, w], outputs: [dx], workspace: weights }: InputStep,
  weight: WeightStep,
): readonly [Call[], Call[]] {
  const partials = weights + packedBytes(w.shape);
  const { slices, args } = gradientArgs(weight, partials);
  return [
    [
      pack(w, weights, attrs.stride[0] === 1),
      call(depthwise3x3Gradients, slices, { ...args, dx: dx.address, weights }),
    ],
    [reduce(weight, partials)],
  ];
}

/** What the partial gradients of the weights take. */
function gradientArgs({ attrs, inputs: [dy, x], outputs: [dw] }: WeightStep, partials: number) {
  const [, channels, height, width] = x.shape;
  const [, , outHeight, outWidth] = dy.shape;
  const { rows, rowsPerSlice, slices } = slicing(dy.shape);
  const [stride] = attrs.stride;
  const args = {
    ...{ x: x.address, dy: dy.address, partials, height, width, channels, outHeight, outWidth, stride },
    ...{ rows, rowsPerChunk: rowsPerSlice, rowsTogether: rowsTogether(channels, stride) },
    sliceBytes: sliceBytes(dw.shape),
  };
  return { slices, args };
}

function reduce({ inputs: [dy], outputs: [dw] }: WeightStep, partials: number): Call {
  const [channels] = dw.shape;
  return call(reduceDepthwiseGradient, Math.ceil(channels / PACKED_CHANNELS), {
    ...{ partials, dw: dw.address, filters: channels, taps: TAPS, perBlock: PACKED_CHANNELS, paired: true },
    ...{ slices: slicing(dy.shape).slices, sliceBytes: sliceBytes(dw.shape) },
  });
}

/** A slice is some rows of dy, of all pictures. */
function slicing(dy: Shape) {
  const rows = dy[0] * dy[2];
  const wanted = Math.min(SLICES, Math.ceil(sizeOf(dy) / chunkFloats));
  const rowsPerSlice = Math.ceil(rows / wanted);
  return { rows, rowsPerSlice, slices: Math.ceil(rows / rowsPerSlice) };
}
