import type { Rng } from '../../../src/base/rng.ts';
import type { SyncBatchNormOps } from '../../../src/graph/ops/sync-batch-norm.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { fusedByResult, normal, tails, tailsByResult, uniform, type CasesOf, type Drawn } from '../case.ts';
import { saved } from './batch-norm.ts';
import { pictures, sizeOfSum } from './channel-sum.ts';

/** Moments of so many ranks: means, what f32 leaves of them, sums of squares. */
function momentsOf(rng: Rng, counts: readonly number[], channels: number, mean: number): Drawn {
  const data = counts.flatMap((count) => [
    ...normal(rng, [channels], mean).data,
    ...normal(rng, [channels], 0, 1e-6 * Math.abs(mean)).data,
    ...uniform(rng, [channels], 0.5 * count, 2 * count).data,
  ]);
  return { shape: [counts.length, 3, channels], data: Float32Array.from(data) };
}

export const syncBatchNormCases: CasesOf<SyncBatchNormOps> = {
  batch_norm_stats: (rng) =>
    pictures(rng).flatMap((shape) =>
      [
        { rank: 0, size: 2 },
        { rank: 2, size: 3 },
      ].map((attrs) => ({
        attrs,
        inputs: [normal(rng, shape, 100, 1)],
        note: 'mean far from 0: E[x²] − E[x]² would fail',
      })),
    ),

  batch_norm_gather_stats: (rng) =>
    [[100, 100], [3, 1, 1], [12_544]].flatMap((counts) =>
      [1, 7, 70].map((channels) => ({
        attrs: { counts, eps: 1e-5, momentum: 0.1 },
        inputs: [
          momentsOf(rng, counts, channels, 1000),
          normal(rng, [channels]),
          uniform(rng, [channels], 0.5, 2),
        ],
        note: 'means a thousand deviations from 0',
      })),
    ),

  batch_norm_elemt: (rng) =>
    pictures(rng).flatMap((shape) =>
      tails.map((tail) => ({
        attrs: { ...tail, count: sizeOf(shape) },
        inputs: [
          normal(rng, shape, 1, 2),
          normal(rng, [shape[1]], 1, 0.5),
          normal(rng, [shape[1]]),
          ...saved(rng, shape[1], 1),
          ...(tail.residual ? [normal(rng, shape)] : []),
        ],
      })),
    ),

  batch_norm_backward_reduce: (rng) =>
    pictures(rng).flatMap((shape) =>
      fusedByResult.map((activation) => ({
        attrs: { activation },
        inputs: [
          normal(rng, shape, 0.3),
          normal(rng, shape, 1, 2),
          ...saved(rng, shape[1], 1),
          ...(activation === 'none' ? [] : [normal(rng, shape)]),
        ],
        sizes: [sizeOfSum(shape), sizeOfSum(shape), sizeOfSum(shape)],
      })),
    ),

  batch_norm_backward_elemt: (rng) =>
    pictures(rng).flatMap((shape) =>
      tailsByResult.map((tail) => ({
        attrs: { ...tail, count: 3 * sizeOf(shape) },
        inputs: [
          normal(rng, shape, 0.3),
          normal(rng, shape, 1, 2),
          normal(rng, [shape[1]]),
          ...saved(rng, shape[1], 1),
          normal(rng, [2, shape[1]], 0, sizeOfSum(shape)),
          ...(tail.activation === 'none' ? [] : [normal(rng, shape)]),
        ],
      })),
    ),
};
