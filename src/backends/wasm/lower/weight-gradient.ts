import type { Conv2dAttrs, Pair } from '../../../graph/op-table.ts';
import { isPointwise } from '../../../graph/ops/conv2d.ts';
import { sumParts as sumPartsArgs } from '../args/reduce.ts';
import { weightGradient } from '../args/product.ts';
import { call, type Call, type Lowering } from '../call.ts';
import { allTaps, flatten } from './conv2d-gemm.ts';
import { roundUp } from '../../../base/round-up.ts';

/** Output channels and (tap, c) columns of a chunk: both packed sides fit a thread's scratch room. */
const K_PER_CHUNK = 256;
const COLUMNS_PER_CHUNK = 256;
/** Chunks aimed at, so that 16 threads find work to the end. */
const CHUNKS = 32;
/** Rows below which a part is not worth its memory. */
const LEAST_ROWS = 256;
const SUM_PER_CHUNK = 8192;

export const conv2dBackwardWeightGemm: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes: ({ attrs, inputs }) => {
    const [batch, outChannels, height, width] = inputs[0].shape;
    const inner = inputs[1].shape[1] / attrs.groups;
    return workspaceFor({
      groups: attrs.groups,
      k: outChannels / attrs.groups,
      columns: attrs.kernelSize[0] * attrs.kernelSize[1] * inner,
      rows: batch * height * width,
    });
  },
  calls: ({ attrs, inputs, outputs, workspace }) => {
    const [dy, x] = inputs;
    const flat = isPointwise(attrs, attrs.kernelSize);
    const [batch, outChannels, outHeight, outWidth] = flat ? flatten(dy.shape) : dy.shape;
    const [, channels, height, width] = flat ? flatten(x.shape) : x.shape;
    return weightGradientCalls({
      attrs,
      kernel: attrs.kernelSize,
      batch,
      out: { address: dy.address, size: [outHeight, outWidth], channels: outChannels },
      source: { address: x.address, size: [height, width], channels },
      gradient: outputs[0].address,
      workspace,
    });
  },
};

interface WeightGradient {
  readonly attrs: Conv2dAttrs;
  readonly kernel: Pair;
  readonly batch: number;
  readonly out: { readonly address: number; readonly size: Pair; readonly channels: number };
  readonly source: { readonly address: number; readonly size: Pair; readonly channels: number };
  /** Addresses of the result and of the room for its parts. */
  readonly gradient: number;
  readonly workspace: number;
}

export function weightGradientCalls(product: WeightGradient): readonly Call[] {
  const { attrs, kernel, batch, out, source, gradient, workspace } = product;
  const inner = source.channels / attrs.groups;
  const sizes: Sizes = {
    groups: attrs.groups,
    k: out.channels / attrs.groups,
    columns: kernel[0] * kernel[1] * inner,
    rows: batch * out.size[0] * out.size[1],
  };
  const { parts, rowsPerPart, kPerChunk, kChunks, columnsPerChunk, columnChunks } = cut(sizes);
  const taps = allTaps(attrs, kernel, inner);
  const multiply = call(weightGradient, parts * sizes.groups * kChunks * columnChunks, {
    ...{ dy: out.address, x: source.address, parts: parts === 1 ? gradient : workspace, rows: sizes.rows },
    ...{ outHeight: out.size[0], outWidth: out.size[1], outChannels: out.channels, targetDepth: sizes.k },
    ...{ height: source.size[0], width: source.size[1], channels: source.channels, inner },
    ...{ strideRows: attrs.stride[0], strideColumns: attrs.stride[1], groups: sizes.groups },
    ...{ rowsPerPart, kPerChunk, kChunks, columnsPerChunk, columnChunks },
    ...{ taps: taps.length, places: taps.flatMap(({ place }) => place) },
  });
  if (parts === 1) return [multiply];
  return [multiply, sumParts(workspace, gradient, sizes.groups * sizes.k * sizes.columns, parts)];
}

/** out ← Σ of `parts` arrays of `count` floats that follow each other, in their order. */
export function sumParts(partials: number, out: number, count: number, parts: number): Call {
  const args = { partials, out, count, parts, perChunk: SUM_PER_CHUNK };
  return call(sumPartsArgs, Math.ceil(count / SUM_PER_CHUNK), args);
}

export interface Sizes {
  readonly groups: number;
  /** Output channels per group. */
  readonly k: number;
  /** R·S·C/G. */
  readonly columns: number;
  /** N·P·Q. */
  readonly rows: number;
}

export function workspaceFor(sizes: Sizes): number {
  const { parts } = cut(sizes);
  return parts === 1 ? 0 : 4 * parts * sizes.groups * sizes.k * sizes.columns;
}

/** How the work is cut, by shape alone: blocks of the result and, if those are few, parts of the reduction. */
function cut({ groups, k, columns, rows }: Sizes) {
  const kPerChunk = Math.min(K_PER_CHUNK, roundUp(k, 4));
  const columnsPerChunk = Math.min(COLUMNS_PER_CHUNK, roundUp(columns, 8));
  const kChunks = Math.ceil(k / kPerChunk);
  const columnChunks = Math.ceil(columns / columnsPerChunk);
  const wanted = Math.ceil(CHUNKS / (groups * kChunks * columnChunks));
  const rowsPerPart = Math.max(Math.ceil(rows / wanted), Math.min(rows, LEAST_ROWS));
  return {
    kPerChunk,
    columnsPerChunk,
    kChunks,
    columnChunks,
    rowsPerPart,
    parts: Math.ceil(rows / rowsPerPart),
  };
}
