import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import { packDepthwiseWeights } from '../args/depthwise.ts';
import { groupedConv, packGroupedWeights } from '../args/grouped.ts';
import {
  call,
  packed,
  type Call,
  type Lowering,
  type Pack,
  type Packed,
  type PlacedBuffer,
} from '../call.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';
import { align64, clearScratch, scratchBytes } from './scratch.ts';

/** Arithmetic of one chunk: about 100 µs of a core. */
const chunkFlops = 3e6;
/** Bytes of rows that a chunk works on, of either side: half of them fit a common second-level cache. */
const FETCHED_BYTES = 256 * 1024;
/** Bytes of packed rows of a block that leave room for its weights in a first-level cache. */
const ROWS_BYTES = 32 * 1024;
/** Blocks of a cache line that become one, at most. */
const MOST_JOINED = 8;
/** Chunks wanted at least, so that 8 threads find work to the end. */
const LEAST_CHUNKS = 24;
/** Channels of a block at least: a cache line of every pixel. */
export const blockChannels = 16;

/**
 * Whether the direct kernels take a convolution: groups of 4, 8, 12 … 32 channels on both sides, or depthwise with up to
 * 16 outputs a channel. The rest is done as a matmul.
 */
export function groupedApplies(attrs: Conv2dAttrs, xShape: Shape, wShape: Shape): boolean {
  if (attrs.groups === 1) return false;
  const cg = xShape[1] / attrs.groups;
  const kg = wShape[0] / attrs.groups;
  if (cg === 1) return kg <= 16;
  return cg % 4 === 0 && kg % 4 === 0 && cg <= 32 && kg <= 32;
}

export const conv2dGrouped: Lowering<'conv2d'> = {
  workspaceBytes({ attrs, inputs, outputs }) {
    return workspaceOf(geometry(attrs, inputs[0].shape, inputs[1].shape, outputs[0].shape, false));
  },
  calls({ attrs, inputs, outputs, workspace, keep }) {
    const [x, w, ...rest] = inputs;
    const g = geometry(attrs, x.shape, w.shape, outputs[0].shape, false);
    const weights = packed({ keep, workspace }, w, g.packedBytes, pack(g, w));
    return convolution(g, x, weights, outputs[0], workspace, finishOf(attrs, rest));
  },
};

export const conv2dGroupedBackwardInput: Lowering<'conv2d_backward_input'> = {
  workspaceBytes({ attrs, inputs, outputs }) {
    return workspaceOf(geometry(attrs, inputs[0].shape, inputs[1].shape, outputs[0].shape, true));
  },
  calls({ attrs, inputs, outputs, workspace }) {
    const [dy, w] = inputs;
    const g = geometry(attrs, dy.shape, w.shape, outputs[0].shape, true);
    const weights = { address: workspace, calls: pack(g, w)(workspace) };
    return convolution(g, dy, weights, outputs[0], workspace, noFinish);
  },
};

/**
 * Blocks of groups that one chunk does of the same pixels, one after the other: as many as leave enough chunks, because
 * what lies side by side in memory is then read together, and at most `mostBlocks`.
 */
export function sharing(blocks: number, pixelChunks: number, mostBlocks = blocks) {
  const most = Math.floor((blocks * pixelChunks) / LEAST_CHUNKS);
  const blocksPerChunk = Math.min(mostBlocks, Math.max(1, most));
  return { blocksPerChunk, blockChunks: Math.ceil(blocks / blocksPerChunk) };
}

type Geometry = ReturnType<typeof geometry>;

/** How the work is cut, and how large every part of the scratch room is. See `kernels/grouped.ts` for the terms. */
function geometry(attrs: Conv2dAttrs, source: Shape, w: Shape, target: Shape, transposed: boolean) {
  const { groups, stride, padding, dilation } = attrs;
  const [, channels, height, width] = source;
  const [images, outChannels, outHeight, outWidth] = target;
  const [filters, filterDepth, filterRows, filterColumns] = w;
  const cg = channels / groups;
  const kg = outChannels / groups;
  const taps = filterRows * filterColumns;
  const depthwise = filterDepth === 1;
  const multiplier = depthwise ? filters / groups : 0;

  // Register tiles run up to 7 pixels beyond the end of a row, into padding.
  const reach = (filterColumns - 1) * dilation[1];
  const outPhases = transposed ? stride[1] : 1;
  const outPerPhase = Math.ceil(Math.ceil(outWidth / outPhases) / 8) * 8;
  const inPhases = transposed ? 1 : stride[1];
  const left = transposed ? Math.max(0, Math.ceil((reach - padding[1]) / stride[1])) : padding[1];
  const perPhase = transposed
    ? outPerPhase + Math.floor((stride[1] - 1 + padding[1]) / stride[1]) + left
    : outPerPhase + Math.floor(reach / stride[1]) + 1;
  const rowReach = (filterRows - 1) * dilation[0];
  const ringRows = (transposed ? Math.floor(rowReach / stride[0]) : rowReach) + 1;
  const planesOf = (groupsPerBlock: number) => {
    const sourcePlanes = Math.ceil((groupsPerBlock * (depthwise ? multiplier : cg)) / 4);
    const targetPlanes = depthwise ? sourcePlanes : (groupsPerBlock * kg) / 4;
    const ringBytes = ringRows * sourcePlanes * inPhases * perPhase * 16;
    return { sourcePlanes, rowsBytes: ringBytes + targetPlanes * outPhases * outPerPhase * 16 };
  };

  const widest = depthwise ? multiplier : cg;
  const inLine = Math.min(groups, Math.max(1, Math.floor(blockChannels / widest)));
  const tapsPerPixel = transposed ? taps / (stride[0] * stride[1]) : taps;
  const rowFlops = outWidth * inLine * cg * (depthwise ? 1 : kg) * tapsPerPixel * 2;
  // Rows that take little arithmetic are done for many blocks at once, which lie side by side in memory.
  const rowBytes = 4 * Math.max(channels * width * (transposed ? 1 : stride[0]), outChannels * outWidth);
  const fetched = Math.max(1, Math.floor(FETCHED_BYTES / rowBytes));
  const rowChunks = Math.ceil(outHeight / Math.min(fetched, Math.max(1, Math.round(chunkFlops / rowFlops))));
  const rowsPerChunk = Math.ceil(outHeight / rowChunks);
  const shared = sharing(Math.ceil(groups / inLine), images * rowChunks).blocksPerChunk;
  // A chunk's blocks become one as far as their rows fit the first-level cache: what is listed for a row then serves more channels.
  const fitting = Math.max(1, Math.floor(ROWS_BYTES / planesOf(inLine).rowsBytes));
  const joined = depthwise ? 1 : Math.min(shared, fitting, MOST_JOINED);
  const groupsPerBlock = Math.min(groups, inLine * joined);
  const blocks = Math.ceil(groups / groupsPerBlock);
  const blocksPerChunk = Math.floor(shared / joined);
  const blockChunks = Math.ceil(blocks / blocksPerChunk);
  const { sourcePlanes, rowsBytes } = planesOf(groupsPerBlock);
  const slotBytes = align64(align64((depthwise ? taps : (taps * cg) / 2) * 8) + rowsBytes);

  const packedBytes = align64(
    depthwise ? blocks * sourcePlanes * taps * 16 : filters * taps * filterDepth * 4,
  );
  const args = {
    ...{ height, width, channels, outHeight, outWidth, outChannels, groups, groupsPerBlock },
    ...{ sourceDepth: cg, targetDepth: kg, filterRows, filterColumns, transposed, multiplier },
    ...{ strideRows: stride[0], strideColumns: stride[1], padRows: padding[0], padColumns: padding[1] },
    ...{ dilationRows: dilation[0], dilationColumns: dilation[1] },
    ...{ rowsPerChunk, rowChunks: Math.ceil(outHeight / rowsPerChunk), blocks, blocksPerChunk, blockChunks },
    ...{ ringRows, left, perPhase, outPerPhase, slotBytes },
  };
  const chunks = images * args.rowChunks * blockChunks;
  return {
    ...{ depthwise, filters, taps, filterDepth, packedBytes, chunks },
    args,
  };
}

function workspaceOf(g: Geometry): number {
  return g.packedBytes + scratchBytes(g.args.slotBytes);
}

function convolution(
  g: Geometry,
  source: PlacedBuffer,
  weights: Packed,
  target: PlacedBuffer,
  workspace: number,
  finish: Finish,
): Call[] {
  const slots = workspace + g.packedBytes;
  return [
    clearScratch(slots),
    ...weights.calls,
    call(groupedConv, g.chunks, {
      ...g.args,
      ...finish,
      ...{ source: source.address, target: target.address, weights: weights.address, slots },
    }),
  ];
}

function pack(
  {
    depthwise,
    filters,
    taps,
    filterDepth,
    args: { blocks, groups, groupsPerBlock, multiplier, transposed },
  }: Geometry,
  { address }: PlacedBuffer,
): Pack {
  return (room) => {
    const own = { weights: address, packed: room, taps };
    return [
      depthwise
        ? call(packDepthwiseWeights, blocks, {
            ...{ ...own, filters, perBlock: groupsPerBlock * multiplier, flipped: false, paired: false },
          })
        : call(packGroupedWeights, groups, {
            ...{ ...own, sourceDepth: filterDepth, targetDepth: filters / groups, transposed },
          }),
    ];
  };
}
