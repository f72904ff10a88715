import * as kernels from '../args/sync-batch-norm.ts';
import { batchNormBackwardCombine } from '../args/batch-norm.ts';
import { copy } from '../args/elementwise.ts';
import { call, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { backwardApply, backwardSums, moments, normalised, normalisedWorkspace } from './batch-norm.ts';
import { tilesOf } from './chunks.ts';
import { elementsOf } from './elementwise.ts';
import { align64 } from './scratch.ts';

/** Channels of a chunk: a cache line. */
const channelsPerChunk = 16;

export const batchNormStats: Lowering<'batch_norm_stats'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[0].shape);
    return rowTiles * channels * 12;
  },
  calls({ attrs: { rank, size: ranks }, inputs: [x], outputs: [gathered], workspace }) {
    const { rows, channels, height: rowsPerTile } = tilesOf(x.shape);
    return [
      moments(x, workspace),
      call(kernels.batchNormStats, Math.ceil(channels / channelsPerChunk), {
        ...{ partials: workspace, moments: gathered.address },
        ...{ rank, ranks, rows, channels, rowsPerTile, channelsPerChunk },
      }),
    ];
  },
};

export const batchNormGatherStats: Lowering<'batch_norm_gather_stats'> = {
  calls({ attrs: { counts, eps, momentum }, inputs, outputs: [mean, invstd] }) {
    const [gathered, runningMean, runningVariance] = inputs;
    const [channels] = invstd.shape;
    return [
      call(kernels.batchNormGatherStats, 1, {
        ...{ moments: gathered.address, mean: mean.address, invstd: invstd.address },
        ...{ runningMean: runningMean.address, runningVariance: runningVariance.address },
        ...{ ranks: counts.length, channels, eps, momentum, counts },
      }),
    ];
  },
};

export const batchNormElemt: Lowering<'batch_norm_elemt'> = {
  workspaceBytes: normalisedWorkspace,
  calls: normalised,
};

export const batchNormBackwardReduce: Lowering<'batch_norm_backward_reduce'> = {
  workspaceBytes({ inputs }) {
    const { rowTiles, channels } = tilesOf(inputs[1].shape);
    return align64(rowTiles * channels * 8) + channels * 12;
  },
  calls({ attrs: { activation }, inputs, outputs: [sums, dgamma, dbeta], workspace }) {
    const [dy, x, mean, invstd, y] = inputs;
    const { rowTiles, rows, channels } = tilesOf(x.shape);
    const slopes = sums.address + channels * 4;
    // Of a rank alone, coefficients are of no use: no γ is asked for, and nobody reads them.
    const coefficients = workspace + align64(rowTiles * channels * 8);
    return [
      backwardSums({ dy, x, y: activation === 'none' ? undefined : y, mean, activation }, workspace),
      call(batchNormBackwardCombine, Math.ceil(channels / channelsPerChunk), {
        ...{ partials: workspace, gamma: invstd.address, mean: mean.address, invstd: invstd.address },
        ...{ dgamma: slopes, dbeta: sums.address, coefficients },
        ...{ rows, channels, rowTiles, channelsPerChunk },
      }),
      copied(sums.address, dbeta),
      copied(slopes, dgamma),
    ];
  },
};

export const batchNormBackwardElemt: Lowering<'batch_norm_backward_elemt'> = {
  workspaceBytes: ({ inputs }) => inputs[1].shape[1] * 12,
  calls({ attrs: { activation, residual, count }, inputs, outputs: [dx, dresidual], workspace }) {
    const [dy, x, gamma, mean, invstd, sums, y] = inputs;
    const activated = activation !== 'none';
    return [
      call(kernels.batchNormBackwardScale, 1, {
        ...{ gamma: gamma.address, mean: mean.address, invstd: invstd.address, sums: sums.address },
        ...{ coefficients: workspace, channels: x.shape[1], count },
      }),
      backwardApply({ dy, x, y: activated ? y : undefined, mean, activation }, workspace, {
        dx,
        dresidual: activated && residual ? dresidual : undefined,
      }),
    ];
  },
};

export function copied(source: number, target: PlacedBuffer): Call {
  const { chunks, elements } = elementsOf(target.shape);
  return call(copy, chunks, { source, target: target.address, ...elements });
}
