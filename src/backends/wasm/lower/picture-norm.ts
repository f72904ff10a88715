import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/picture-norm.ts';
import { fill } from '../args/fill.ts';
import { call, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { rowsPerChunk as rowsPerChunkOf, tilesOf } from './chunks.ts';
import { align64 } from './scratch.ts';

export const groupNorm: Lowering<'group_norm'> = {
  workspaceBytes: ({ inputs: [x] }) => room(x.shape, 3).bytes,
  calls({ attrs: { groups, eps }, inputs: [x, gamma, beta], outputs: [y, mean, invstd], workspace }) {
    const { images, rows, channels, rowsPerTile, rowTiles } = cut(x.shape);
    const { means, scale, shift } = rowsAt(workspace, x.shape, 3);
    return [
      moments(x, workspace, true),
      call(kernels.groupNormCombine, images * groups, {
        ...{ partials: workspace, gamma: gamma.address, beta: beta.address },
        ...{ mean: mean.address, invstd: invstd.address, means, scale, shift },
        ...{ groups, statistics: images * groups, rows, channels, rowsPerTile, rowTiles, eps },
      }),
      applied(x, y, { mean: means, scale, shift }),
    ];
  },
};

export const groupNormBackward: Lowering<'group_norm_backward'> = {
  workspaceBytes: ({ inputs: [dy] }) => room(dy.shape, 2).bytes,
  calls({ attrs: { groups }, inputs, outputs: [dx, dgamma, dbeta], workspace }) {
    const [dy, x, gamma, mean, invstd] = inputs;
    const { images, rows, channels, rowTiles } = cut(x.shape);
    const { means, scale, shift, slope } = rowsAt(workspace, x.shape, 2);
    return [
      call(kernels.groupNormMeans, images, { mean: mean.address, means, groups, channels }),
      sums(dy, x, means, workspace),
      call(kernels.groupNormBackwardCombine, groups, {
        ...{ partials: workspace, gamma: gamma.address, mean: mean.address, invstd: invstd.address },
        ...{ dgamma: dgamma.address, dbeta: dbeta.address, scale, slope, shift },
        ...{ groups, images, rows, channels, rowTiles },
      }),
      backwardApplied(dy, x, dx, { mean: means, scale, slope, shift }),
    ];
  },
};

export const globalResponseNorm: Lowering<'global_response_norm'> = {
  workspaceBytes: ({ inputs: [x] }) => room(x.shape, 3).bytes,
  calls({ attrs: { eps }, inputs: [x, gamma, beta], outputs: [y, norm], workspace }) {
    const { images, channels, rowTiles } = cut(x.shape);
    const { means, scale, shift } = rowsAt(workspace, x.shape, 3);
    return [
      moments(x, workspace, false),
      call(kernels.globalResponseNormCombine, images, {
        ...{ partials: workspace, gamma: gamma.address, beta: beta.address, norm: norm.address },
        ...{ means, scale, shift, channels, rowTiles, eps },
      }),
      applied(x, y, { mean: means, scale, shift }),
    ];
  },
};

export const globalResponseNormBackward: Lowering<'global_response_norm_backward'> = {
  workspaceBytes: ({ inputs: [dy] }) => room(dy.shape, 2).bytes + dy.shape[0] * 8,
  calls({ attrs: { eps }, inputs: [dy, x, gamma, norm], outputs: [dx, dgamma, dbeta], workspace }) {
    const { images, channels, rowTiles } = cut(x.shape);
    const { means, scale, shift, slope } = rowsAt(workspace, x.shape, 2);
    const divisors = workspace + room(x.shape, 2).bytes;
    const count = images * channels;
    return [
      call(fill, 1, { out: means, count, perChunk: count, value: 0 }),
      sums(dy, x, means, workspace),
      call(kernels.globalResponseNormBackwardCombine, 1, {
        ...{ partials: workspace, gamma: gamma.address, norm: norm.address },
        ...{ dgamma: dgamma.address, dbeta: dbeta.address, divisors, scale, slope, shift },
        ...{ images, channels, rowTiles, eps },
      }),
      backwardApplied(dy, x, dx, { mean: means, scale, slope, shift }),
    ];
  },
};

/** Tiles of the rows of each picture: chunks follow from one picture's size alone. */
function cut([images, channels, ...size]: Shape) {
  const rows = size.reduce((product, n) => product * n, 1);
  const { rowTiles, channelTiles, width, height } = tilesOf([rows, channels]);
  return { images, rows, channels, rowTiles, channelTiles, rowsPerTile: height, channelsPerTile: width };
}

/** Room for what tiles leave, `numbers` of each channel, and for four rows of each picture behind it. */
function room(
  shape: Shape,
  numbers: number,
): { readonly partials: number; readonly row: number; readonly bytes: number } {
  const { images, channels, rowTiles } = cut(shape);
  const partials = align64(images * rowTiles * numbers * channels * 4);
  const row = align64(images * channels * 4);
  return { partials, row, bytes: partials + 4 * row };
}

function rowsAt(workspace: number, shape: Shape, numbers: number) {
  const { partials, row } = room(shape, numbers);
  const means = workspace + partials;
  return { means, scale: means + row, shift: means + 2 * row, slope: means + 3 * row };
}

function moments(x: PlacedBuffer, partials: number, centred: boolean): Call {
  const tiles = cut(x.shape);
  return call(kernels.pictureMoments, tiles.images * tiles.rowTiles * tiles.channelTiles, {
    ...{ x: x.address, partials, centred, ...tiles },
  });
}

function sums(dy: PlacedBuffer, x: PlacedBuffer, mean: number, partials: number): Call {
  const tiles = cut(x.shape);
  return call(kernels.pictureSums, tiles.images * tiles.rowTiles * tiles.channelTiles, {
    ...{ dy: dy.address, x: x.address, mean, partials, ...tiles },
  });
}

/** Addresses of [N][C] that passes over pictures read. */
interface Coefficients {
  readonly mean: number;
  readonly scale: number;
  readonly shift: number;
}

function applied(x: PlacedBuffer, y: PlacedBuffer, coefficients: Coefficients): Call {
  const { chunks, ...rows } = rowChunksOf(x.shape);
  return call(kernels.pictureApply, chunks, { x: x.address, y: y.address, ...coefficients, ...rows });
}

function backwardApplied(
  dy: PlacedBuffer,
  x: PlacedBuffer,
  dx: PlacedBuffer,
  coefficients: Coefficients & { readonly slope: number },
): Call {
  const { chunks, ...rows } = rowChunksOf(x.shape);
  return call(kernels.pictureBackwardApply, chunks, {
    ...{ x: x.address, y: dx.address, dy: dy.address, ...coefficients, ...rows },
  });
}

function rowChunksOf(shape: Shape) {
  const { images, rows, channels } = cut(shape);
  const rowsPerChunk = rowsPerChunkOf(channels);
  const rowChunks = Math.ceil(rows / rowsPerChunk);
  return { rows, channels, rowsPerChunk, rowChunks, chunks: images * rowChunks };
}
