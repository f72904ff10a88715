import { normal, type Cases } from '../case.ts';

export const concat: Cases<'concat'> = (rng) =>
  [[4, 4], [1, 2, 3], [8], [5, 16, 3, 32], [7, 1]].map((channels) => {
    const [batch, height, width] = [1 + rng.int(3), 1 + rng.int(6), 1 + rng.int(6)];
    return { attrs: {}, inputs: channels.map((count) => normal(rng, [batch, count, height, width])) };
  });

export const sliceChannels: Cases<'slice_channels'> = (rng) =>
  [
    [8, 0, 4],
    [8, 4, 4],
    [9, 3, 5],
    [33, 1, 31],
    [6, 0, 6],
    [5, 4, 1],
  ].map(([channels, start, length]) => ({
    attrs: { start, length },
    inputs: [normal(rng, [1 + rng.int(3), channels, 1 + rng.int(6), 1 + rng.int(6)])],
  }));

export const padChannels: Cases<'pad_channels'> = (rng) =>
  [
    [8, 4, 4],
    [5, 0, 3],
    [5, 2, 0],
    [16, 0, 16],
    [3, 1, 7],
    [4, 0, 0],
  ].map(([channels, before, after]) => ({
    attrs: { before, after },
    inputs: [normal(rng, [1 + rng.int(3), channels, 1 + rng.int(6), 1 + rng.int(6)])],
  }));

/** [channels, height, width, stride]. */
const subsampled = [
  [4, 8, 8, 2],
  [3, 7, 9, 2],
  [17, 5, 4, 3],
  [8, 1, 1, 2],
  [5, 6, 3, 1],
] as const;

export const subsample: Cases<'subsample'> = (rng) =>
  subsampled.map(([channels, height, width, stride]) => ({
    attrs: { stride },
    inputs: [normal(rng, [1 + rng.int(3), channels, height, width])],
  }));

export const subsampleBackward: Cases<'subsample_backward'> = (rng) =>
  subsampled.map(([channels, height, width, stride]) => ({
    attrs: { stride, inputSize: [height, width] },
    inputs: [normal(rng, [1 + rng.int(3), channels, Math.ceil(height / stride), Math.ceil(width / stride)])],
  }));
