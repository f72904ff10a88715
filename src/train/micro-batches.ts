import { CardinalError } from '../base/errors.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { largestFit } from '../plan/fit.ts';
import type { Scratch } from '../plan/place.ts';
import type { Plan } from '../plan/plan.ts';
import type { Network } from './network.ts';
import { decaysParameter, optimizerPlan } from './optimizer.ts';
import type { Recipe } from './recipe.ts';

export interface FittedPlan {
  readonly plan: Plan;
  /** Pictures in one run of the program; divides the recipe's batch size. */
  readonly microBatchSize: number;
}

export interface FitOptions {
  /** The micro-batch that a run which is resumed began with. */
  readonly resumedSize?: number | undefined;
  /** Default false. */
  readonly checkpointActivations?: boolean | undefined;
}

/**
 * The training plan for the recipe's batch, cut into as few equal micro-batches as fit into `limit` bytes. A micro-batch
 * of one picture is never chosen for a larger batch, because batch norm makes nothing of it: then, and if nothing fits,
 * a `CardinalError` tells the largest batch that would. A run that is resumed gives the size it began with.
 */
export function fitPlan(
  network: Network,
  backend: Scratch,
  recipe: Recipe,
  limit: number,
  { resumedSize, checkpointActivations = false }: FitOptions = {},
): FittedPlan {
  const { batchSize, accumulate } = recipe;
  const planOf = (size: number, parts: boolean, checkpoint = checkpointActivations): Plan =>
    trainingPlan(network, backend, recipe, size, parts, checkpoint);
  if (batchSize % accumulate !== 0) {
    throw new CardinalError(
      `a batch of ${batchSize} cannot be cut into ${accumulate} equal parts: change the batch size or the number of parts`,
    );
  }
  const sizes =
    resumedSize === undefined
      ? divisors(batchSize).filter(
          (size) => size <= batchSize / accumulate && (size > 1 || size * accumulate === batchSize),
        )
      : [resumedSize];
  const fitted = (microBatchSize: number): FittedPlan => ({
    plan: planOf(microBatchSize, microBatchSize < batchSize),
    microBatchSize,
  });
  const whole = fitted(sizes[0]);
  const needed = whole.plan.peakBytes;
  if (needed <= limit) return whole;
  // Planning takes a while: where the smallest does not fit, the others need not be tried.
  const smallest = fitted(sizes[sizes.length - 1]);
  const fits = smallest.plan.peakBytes <= limit;
  for (const size of fits ? sizes.slice(1, -1) : []) {
    const found = fitted(size);
    if (found.plan.peakBytes <= limit) return found;
  }
  if (fits) return smallest;
  const fitting = largestFit(smallest.microBatchSize, limit, (size) => planOf(size, false));
  const lean =
    checkpointActivations || needed > mostSaved * limit
      ? needed
      : planOf(sizes[0], sizes[0] < batchSize, true).peakBytes;
  throw new CardinalError(
    `${network.description.name}: training on ${sizes[0]} pictures at once takes ${mebibytes(needed)}, there are ${mebibytes(limit)}: ` +
      (fitting === 0 ? 'no smaller batch would fit' : `the largest batch that fits is ${fitting}`) +
      (lean <= limit ? `; with checkpointed activations all of them do (${mebibytes(lean)})` : ''),
  );
}

/** No recomputing makes a program smaller by more than this factor. */
const mostSaved = 64;

function trainingPlan(
  network: Network,
  backend: Scratch,
  recipe: Recipe,
  size: number,
  accumulate: boolean,
  checkpointActivations: boolean,
): Plan {
  return network.planTraining(size, backend, {
    // Where classes have weights, they are in the targets, and so is the smoothing.
    labelSmoothing: recipe.balance === 'loss' ? 0 : recipe.labelSmoothing,
    optimizer: optimizerPlan(recipe.optimizer),
    decays: (_, shape) => decaysParameter(recipe.optimizer, shape),
    clip: recipe.clipNorm !== undefined,
    accumulate,
    ema: recipe.ema !== undefined,
    checkpointActivations,
  });
}

/** Largest first. */
function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => n - i).filter((size) => n % size === 0);
}
