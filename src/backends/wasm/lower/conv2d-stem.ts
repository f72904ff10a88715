import { sizeOf } from '../../../base/shape.ts';
import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import { packTaps } from '../args/product.ts';
import { stem } from '../args/stem.ts';
import { call, packed, type Lowering } from '../call.ts';
import { bytesOf } from './chunks.ts';
import { conv2dGemm } from './conv2d-gemm.ts';
import { finishOf } from './finish.ts';

const COLORS = 3;
const STRIDE = 2;
/** Channels of a tile, and the most places: see `kernels/stem.ts`. */
const TILE_COLUMNS = 8;
const TILE_PLACES = 6;
/** Taps that `product`, whose sums these are, takes in one go: of more it sums up parts. */
const MOST_TAPS = 85;
/** Bytes of rows of x that a thread's scratch room has to hold. */
const MOST_BYTES = 256 * 1024;
/** Arithmetic of one chunk, about 50 µs of a core, and chunks wanted of a picture. */
const CHUNK_FLOPS = 5e6;
const CHUNKS = 16;

/** Whether `kernels/stem.ts` takes a convolution: of three channels at stride 2, as networks for photos begin. */
export function stemApplies(attrs: Conv2dAttrs, x: Shape, [k, , rows, columns]: Shape): boolean {
  const outWidth = Math.floor((x[3] + 2 * attrs.padding[1] - columns) / STRIDE) + 1;
  return (
    x[1] === COLORS &&
    attrs.groups === 1 &&
    k % TILE_COLUMNS === 0 &&
    attrs.stride.every((n) => n === STRIDE) &&
    attrs.dilation.every((n) => n === 1) &&
    rows * columns > 1 &&
    rows * columns <= MOST_TAPS &&
    attrs.padding[1] < columns &&
    outWidth >= TILE_PLACES &&
    4 * COLORS * rows * (STRIDE * outWidth + columns) <= MOST_BYTES
  );
}

/** y, straight from rows of x. With a residual, which its tiles do not add, it is a matmul. */
export const conv2dStem: Lowering<'conv2d'> = {
  workspaceBytes: (node) => Math.max(bytesOf(node.inputs[1].shape), conv2dGemm.workspaceBytes?.(node) ?? 0),
  calls(step) {
    const { attrs, inputs, outputs, workspace, keep } = step;
    if (attrs.residual) return conv2dGemm.calls(step);
    const [y] = outputs;
    const [x, w, ...rest] = inputs;
    const [k, , filterRows, filterColumns] = w.shape;
    const [images, , outHeight, outWidth] = y.shape;
    const depth = sizeOf(w.shape) / k;
    const panels = k / TILE_COLUMNS;
    const weights = packed({ keep, workspace }, w, bytesOf(w.shape), (address) => [
      call(packTaps, 1, {
        ...{ weights: w.address, packed: address, inner: depth, columns: k, taps: 1, tapOffsets: [0] },
        ...{ innerStride: 1, columnStride: depth, groupStride: 0, tapsPerBlock: 1, innerPerBlock: depth },
        ...{ panelsPerChunk: panels, panelChunks: 1 },
      }),
    ]);
    const most = Math.max(1, Math.floor(CHUNK_FLOPS / (2 * depth * k * outWidth)));
    const rowsPerChunk = Math.min(most, Math.ceil(outHeight / CHUNKS));
    const rowChunks = Math.ceil(outHeight / rowsPerChunk);
    const { bias, activation } = finishOf(attrs, rest);
    return [
      ...weights.calls,
      call(stem, images * rowChunks, {
        ...{ x: x.address, y: y.address, packed: weights.address, bias, activation },
        ...{ height: x.shape[2], width: x.shape[3], outHeight, outWidth, outChannels: k },
        ...{ filterRows, filterColumns, padRows: attrs.padding[0], padColumns: attrs.padding[1] },
        ...{ rowsPerChunk, rowChunks },
      }),
    ];
  },
};
