import type { ChannelsOps } from '../../../src/graph/ops/channels.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const channelsCases: CasesOf<ChannelsOps> = {
  concat: (rng) =>
    [[4, 4], [1, 2, 3], [8], [5, 16, 3, 32], [7, 1]].map((channels) => {
      const [batch, height, width] = [1 + rng.int(3), 1 + rng.int(6), 1 + rng.int(6)];
      return { attrs: {}, inputs: channels.map((count) => normal(rng, [batch, count, height, width])) };
    }),

  slice_channels: (rng) =>
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
    })),

  pad_channels: (rng) =>
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
    })),
};

export const channelsGradientCases = {
  concat: (rng) => [
    { attrs: {}, inputs: [normal(rng, [2, 3, 2, 2]), normal(rng, [2, 1, 2, 2]), normal(rng, [2, 2, 2, 2])] },
  ],
  slice_channels: (rng) => [{ attrs: { start: 1, length: 2 }, inputs: [normal(rng, [2, 5, 2, 2])] }],
  pad_channels: (rng) => [{ attrs: { before: 1, after: 2 }, inputs: [normal(rng, [2, 3, 2, 2])] }],
} satisfies GradientCases<ChannelsOps>;
