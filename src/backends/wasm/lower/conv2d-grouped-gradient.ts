import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Call, Lowering } from '../call.ts';
import { blockChannels, sharing } from './conv2d-grouped.ts';
import { align64, clearScratch, scratchBytes } from './scratch.ts';

/** Packed rows of x and dy that one unit works on; a group's part of them fits the first-level cache. */
const stripBytes = 64 * 1024;
/** Chunks wanted: blocks of channels alone give too few of them in early layers. */
const wantedChunks = 192;

export const conv2dGroupedBackwardWeight: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes({ attrs, inputs, outputs }) {
    const g = geometry(attrs, inputs[0].shape, inputs[1].shape, outputs[0].shape);
    return g.slices * g.sliceBytes + scratchBytes(g.slotBytes);
  },
  calls({ attrs, inputs, outputs, workspace }) {
    const [dy, x] = inputs;
    const g = geometry(attrs, dy.shape, x.shape, outputs[0].shape);
    const [filters, filterDepth] = outputs[0].shape;
    const scratch = workspace + g.slices * g.sliceBytes;
    const reduce: Call = g.multiplier
      ? {
          kernel: 'reduce_depthwise_gradient',
          chunks: g.blocks,
          args: [
            ...[workspace, outputs[0].address, filters, g.taps],
            ...[g.groupsPerBlock * g.multiplier, g.slices, g.sliceBytes, 0],
          ],
        }
      : {
          kernel: 'reduce_grouped_gradient',
          chunks: attrs.groups,
          args: [
            ...[workspace, outputs[0].address, filterDepth, filters / attrs.groups],
            ...[g.taps, g.slices, g.sliceBytes],
          ],
        };
    return [
      clearScratch(scratch),
      {
        kernel: 'grouped_gradient',
        chunks: g.slices * g.blockChunks,
        args: [x.address, dy.address, workspace, scratch, g.slotBytes, ...g.words],
      },
      reduce,
    ];
  },
};

/** How the work is cut. See `kernels/grouped-gradient.ts` for the terms. */
function geometry({ groups, stride, padding, dilation }: Conv2dAttrs, dy: Shape, x: Shape, dw: Shape) {
  const [images, channels, height, width] = x;
  const [, filters, outHeight, outWidth] = dy;
  const [, filterDepth, filterRows, filterColumns] = dw;
  const cg = channels / groups;
  const kg = filters / groups;
  const taps = filterRows * filterColumns;
  const multiplier = filterDepth === 1 ? kg : 0;

  const groupsPerBlock = Math.min(groups, Math.max(1, Math.floor(blockChannels / (multiplier || cg))));
  const blocks = Math.ceil(groups / groupsPerBlock);
  const outPlanes = Math.ceil((groupsPerBlock * kg) / 4);
  const sourcePlanes = multiplier ? outPlanes : (groupsPerBlock * cg) / 4;

  const perPhase = outWidth + Math.floor(((filterColumns - 1) * dilation[1]) / stride[1]);
  const rowBytes = sourcePlanes * stride[1] * perPhase * 16;
  const outRowBytes = outPlanes * outWidth * 16;
  const halo = (filterRows - 1) * dilation[0] + 1 - stride[0];
  const rowsThatFit = Math.floor((stripBytes - halo * rowBytes) / (stride[0] * rowBytes + outRowBytes));
  const unitsPerImage = Math.ceil(outHeight / Math.max(1, rowsThatFit));
  const rowsPerUnit = Math.ceil(outHeight / unitsPerImage);
  const unitRows = (rowsPerUnit - 1) * stride[0] + (filterRows - 1) * dilation[0] + 1;
  const slotBytes = align64(128 + unitRows * rowBytes + rowsPerUnit * outRowBytes);

  const units = images * Math.ceil(outHeight / rowsPerUnit);
  const unitsPerSlice = Math.ceil(units / Math.max(1, Math.ceil(wantedChunks / blocks)));
  const slices = Math.ceil(units / unitsPerSlice);
  const blockBytes = multiplier ? outPlanes * taps * 16 : groupsPerBlock * cg * kg * taps * 4;
  const sliceBytes = align64(blocks * blockBytes);
  const { blocksPerChunk, blockChunks } = sharing(blocks, slices);
  const words = [
    ...[height, width, channels, outHeight, outWidth, filters, cg, kg, groups, groupsPerBlock],
    ...[filterRows, filterColumns, ...stride, ...padding, ...dilation, multiplier],
    ...[rowsPerUnit, Math.ceil(outHeight / rowsPerUnit), unitsPerSlice, units, blocks],
    ...[padding[1], perPhase, sliceBytes, blockBytes, blockChunks, blocksPerChunk],
  ];
  return { taps, multiplier, groupsPerBlock, blocks, blockChunks, slices, sliceBytes, slotBytes, words };
}
