import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import { packGroupedWeights, reduceGroupedGradient } from '../args/grouped.ts';
import {
  winogradConv,
  winogradGradient,
  winogradWeights,
  winogradWeightsGradient,
} from '../args/winograd.ts';
import { call, packed, type Call, type Keep, type Lowering, type PlacedBuffer } from '../call.ts';
import { blockChannels, sharing } from './conv2d-grouped.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';
import { align64 } from './scratch.ts';

/** Channels of a block of a wide group: its batch of tiles, and their products, fit a thread's scratch room. */
const WIDE_CHANNELS = 64;
/**
 * Bytes that a batch of transformed tiles should take; as much again take their products. Smaller batches fit the
 * first-level cache, but cost more calls a tile than the second-level cache costs time.
 */
const BATCH_BYTES = 64 * 1024;
/** Tiles that a weight gradient takes at a time. */
const TILES = 8;
/** Products take four, six or eight at a time: batches are whole for all. */
const PRODUCT_TILES = 24;
/** Arithmetic of one chunk, that of its products alone: some 20 µs of a core. */
const CHUNK_FLOPS = 4e5;
/** Chunks wanted of a weight gradient, and the fewest tiles worth a slice, which costs a whole gradient of room and a sum. */
const GRADIENT_CHUNKS = 96;
const LEAST_SLICE = 48;
const TAPS = 9;
const PLACES = 16;

/** Whether Winograd's algorithm takes a convolution: 3×3 at stride 1, channels a group in multiples of 4. */
export function winogradApplies(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  const { groups, stride, padding, dilation } = attrs;
  return (
    (x[1] / groups) % 4 === 0 &&
    (w[0] / groups) % 4 === 0 &&
    w[2] === 3 &&
    w[3] === 3 &&
    [...stride, ...dilation].every((n) => n === 1) &&
    padding.every((n) => n <= 2)
  );
}

export const conv2dWinograd: Lowering<'conv2d'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape) + transformedBytes(w.shape),
  calls: ({ attrs, inputs, outputs: [y], workspace, keep }) => {
    const [x, w, ...rest] = inputs;
    return convolution(attrs, x, w, y, workspace, keep, finishOf(attrs, rest));
  },
};

export const conv2dWinogradBackwardInput: Lowering<'conv2d_backward_input'> = {
  workspaceBytes: ({ inputs: [, w] }) => packedBytes(w.shape) + transformedBytes(w.shape),
  calls: ({ attrs, inputs: [dy, w], outputs: [dx], workspace }) =>
    convolution(attrs, dy, w, dx, workspace, () => undefined),
};

/** Panels of weights of a group: of 8 output channels, the last may be of 4. */
const panelsOf = (kg: number): number => Math.ceil(kg / 8);
const packedBytes = ([k, inner]: Shape): number => align64(4 * k * TAPS * inner);
const transformedBytes = ([k, inner]: Shape): number => align64(4 * k * PLACES * inner);

/** How channels are cut into blocks: of some groups, with a cache line of channels, or of parts of a wide one. */
function blocking(groups: number, cg: number, kg: number) {
  const cBlock = Math.min(cg, WIDE_CHANNELS);
  const kBlock = Math.min(kg, WIDE_CHANNELS);
  const widest = Math.max(cBlock, kBlock);
  const wide = cBlock < cg || kBlock < kg;
  const groupsPerBlock = wide ? 1 : Math.min(groups, Math.max(1, Math.floor(blockChannels / widest)));
  const groupBlocks = Math.ceil(groups / groupsPerBlock);
  const tileBytes = 4 * PLACES * groupsPerBlock * widest;
  return {
    ...{ groupsPerBlock, cBlock, kBlock, groupBlocks },
    // Parts of a wide group share all that they read: each is a chunk.
    mostBlocks: wide ? 1 : groupBlocks,
    cBlocks: Math.ceil(cg / cBlock),
    kBlocks: Math.ceil(kg / kBlock),
    tileBytes,
  };
}

const tilesOf = ([images, , height, width]: Shape): number =>
  images * Math.ceil(height / 2) * Math.ceil(width / 2);

/** Forward if `finish` is given, else backward-input: weights transposed and flipped, and what padding leaves of 3×3. */
function convolution(
  attrs: Conv2dAttrs,
  source: PlacedBuffer,
  w: PlacedBuffer,
  target: PlacedBuffer,
  workspace: number,
  keep: Keep,
  finish?: Finish,
): Call[] {
  const { groups } = attrs;
  const [, channels, height, width] = source.shape;
  const [, outChannels, outHeight, outWidth] = target.shape;
  const [filters, filterDepth] = w.shape;
  const cg = channels / groups;
  const kg = outChannels / groups;
  const [padRows, padColumns] = finish ? attrs.padding : attrs.padding.map((n) => 2 - n);
  const cut = blocking(groups, cg, kg);
  const { mostBlocks, groupsPerBlock, cBlock, kBlock, groupBlocks, kBlocks } = cut;
  const batch = Math.max(1, Math.round(BATCH_BYTES / cut.tileBytes / PRODUCT_TILES)) * PRODUCT_TILES;
  const blocks = groupBlocks * kBlocks;
  const tiles = tilesOf(target.shape);
  const tileFlops = 2 * PLACES * groupsPerBlock * cg * kBlock;
  const { blocksPerChunk, blockChunks } = sharing(blocks, Math.ceil(tiles / batch), mostBlocks);
  const tilesPerChunk = Math.ceil(CHUNK_FLOPS / tileFlops / blocksPerChunk / batch) * batch;

  const room = { keep, workspace: workspace + packedBytes(w.shape) };
  const { address, calls } = packed(room, w, transformedBytes(w.shape), (transformed) => [
    call(packGroupedWeights, groups, {
      ...{ weights: w.address, packed: workspace, taps: TAPS, transposed: !finish },
      ...{ sourceDepth: filterDepth, targetDepth: filters / groups },
    }),
    call(winogradWeights, groups * panelsOf(kg), {
      ...{ packed: workspace, transformed, inputs: cg, outputs: kg, flipped: !finish },
    }),
  ]);
  return [
    ...calls,
    call(winogradConv, Math.ceil(tiles / tilesPerChunk) * blockChunks, {
      ...{ source: source.address, target: target.address, weights: address },
      ...(finish ?? noFinish),
      ...{ height, width, channels, outHeight, outWidth, outChannels, padRows, padColumns },
      ...{ sourceDepth: cg, targetDepth: kg, groups, groupsPerBlock },
      ...{ sourceBlock: cBlock, targetBlock: kBlock, blocks, blockChunks, blocksPerChunk },
      ...{ tilesPerChunk, tiles, batch },
    }),
  ];
}

export const conv2dWinogradBackwardWeight: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes: ({ attrs, inputs: [dy], outputs: [dw] }) =>
    packedBytes(dw.shape) + slicing(attrs, dy.shape, dw.shape).slices * transformedBytes(dw.shape),
  calls: ({ attrs, inputs: [dy, x], outputs: [dw], workspace }) => {
    const { groups, padding } = attrs;
    const [, channels, height, width] = x.shape;
    const [, outChannels, outHeight, outWidth] = dy.shape;
    const [filters, cg] = dw.shape;
    const kg = filters / groups;
    const cut = slicing(attrs, dy.shape, dw.shape);
    const { groupsPerBlock, cBlock, kBlock, blocks, batch, tiles, slices, tilesPerSlice } = cut;
    const { blocksPerChunk, blockChunks } = sharing(blocks, slices, cut.mostBlocks);
    const sliceBytes = transformedBytes(dw.shape);
    const partials = workspace + packedBytes(dw.shape);
    return [
      call(winogradGradient, slices * blockChunks, {
        ...{ x: x.address, dy: dy.address, partials, sliceBytes },
        ...{ height, width, channels, outHeight, outWidth, outChannels },
        ...{ padRows: padding[0], padColumns: padding[1] },
        ...{ sourceDepth: cg, targetDepth: kg, groups, groupsPerBlock },
        ...{ sourceBlock: cBlock, targetBlock: kBlock, blocks, blockChunks, blocksPerChunk },
        ...{ tilesPerSlice, tiles, batch },
      }),
      call(winogradWeightsGradient, groups * panelsOf(kg), {
        ...{ partials, packed: workspace, inputs: cg, outputs: kg, slices, sliceBytes },
      }),
      call(reduceGroupedGradient, groups, {
        ...{ partials: workspace, dw: dw.address, sourceDepth: cg, targetDepth: kg, taps: TAPS },
        ...{ slices: 1, sliceBytes: 0 },
      }),
    ];
  },
};

function slicing({ groups }: Conv2dAttrs, dy: Shape, [filters, cg]: Shape) {
  const cut = blocking(groups, cg, filters / groups);
  const blocks = cut.groupBlocks * cut.cBlocks * cut.kBlocks;
  const tiles = tilesOf(dy);
  const most = Math.max(1, Math.floor(tiles / LEAST_SLICE));
  const wanted = Math.min(most, Math.max(1, Math.round(GRADIENT_CHUNKS / blocks)));
  const batch = Math.floor(BATCH_BYTES / cut.tileBytes / TILES) * TILES;
  const tilesPerSlice = Math.ceil(tiles / wanted / batch) * batch;
  return { ...cut, batch, blocks, tiles, tilesPerSlice, slices: Math.ceil(tiles / tilesPerSlice) };
}
