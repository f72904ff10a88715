import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import { reduceDepthwiseGradient } from '../args/depthwise.ts';
import { groupedGradient, reduceGroupedGradient } from '../args/grouped.ts';
import { call, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { blockChannels, sharing } from './conv2d-grouped.ts';
import { align64, clearScratch, scratchBytes } from './scratch.ts';

/** Packed rows of x and dy that one unit works on; a group's part of them fits the first-level cache. */
const stripBytes = 64 * 1024;
/** Chunks wanted: blocks of channels alone give too few of them in early layers. */
const wantedChunks = 192;

export const conv2dGroupedBackwardWeight: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes({ attrs, inputs, outputs }) {
    const { slices, args } = geometry(attrs, inputs[0].shape, inputs[1].shape, outputs[0].shape);
    return slices * args.sliceBytes + scratchBytes(args.slotBytes);
  },
  calls({ attrs, inputs: [dy, x], outputs: [dw], workspace }) {
    const g = geometry(attrs, dy.shape, x.shape, dw.shape);
    const slots = workspace + g.slices * g.args.sliceBytes;
    const places = { x: x.address, dy: dy.address, partials: workspace, slots };
    return [
      clearScratch(slots),
      call(groupedGradient, g.slices * g.args.blockChunks, { ...g.args, ...places }),
      reduce(g, dw, workspace),
    ];
  },
};

/** The slices of `grouped_gradient`, added up into dw. */
function reduce(
  { slices, taps, args: { multiplier, groups, blocks, groupsPerBlock, sliceBytes } }: Geometry,
  { address, shape: [filters, filterDepth] }: PlacedBuffer,
  partials: number,
): Call {
  const sum = { partials, dw: address, taps, slices, sliceBytes };
  if (multiplier === 0) {
    const depths = { sourceDepth: filterDepth, targetDepth: filters / groups };
    return call(reduceGroupedGradient, groups, { ...sum, ...depths });
  }
  const perBlock = groupsPerBlock * multiplier;
  return call(reduceDepthwiseGradient, blocks, { ...sum, filters, perBlock, paired: false });
}

type Geometry = ReturnType<typeof geometry>;

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
  const args = {
    ...{ height, width, channels, outHeight, outWidth, outChannels: filters, multiplier },
    ...{ sourceDepth: cg, targetDepth: kg, groups, groupsPerBlock, filterRows, filterColumns },
    ...{ strideRows: stride[0], strideColumns: stride[1], padRows: padding[0], padColumns: padding[1] },
    ...{ dilationRows: dilation[0], dilationColumns: dilation[1], left: padding[1], perPhase },
    ...{ rowsPerUnit, unitsPerImage: Math.ceil(outHeight / rowsPerUnit), unitsPerSlice, units },
    ...{ slotBytes, sliceBytes, blockBytes, blocks, blockChunks, blocksPerChunk },
  };
  return { taps, slices, args };
}
