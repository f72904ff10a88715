import { CardinalError } from '../base/errors.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { divisors, excessInWords, excessOf, largestFit, planInParts } from '../plan/fit.ts';
import type { Shape } from '../graph/value.ts';
import type { TracedInput } from '../nn/traced.ts';
import type { Plan } from '../plan/plan.ts';
import type { Target } from '../plan/target.ts';
import type { Network } from './network.ts';
import { decaysParameter, optimizerPlan } from './optimizer.ts';
import type { Recipe } from './recipe.ts';

export interface FittedPlan {
  readonly plan: Plan;
  /** Pictures in one run of the program; divides the recipe's batch size. */
  readonly microBatchSize: number;
}

export interface FitPlanOptions {
  /** Bytes that the program may take, if less than the target's. */
  readonly memoryLimit?: number | undefined;
  /** The micro-batch that a run which is resumed began with. */
  readonly resumedSize?: number | undefined;
  /** Default false. */
  readonly checkpointActivations?: boolean | undefined;
}

/**
 * The training plan for the recipe's batch, cut into as few equal micro-batches as fit into the target. A micro-batch
 * of one picture is never chosen for a larger batch, because batch norm makes nothing of it: then, and if nothing fits,
 * a `CardinalError` gives the largest batch that would. A run that is resumed gives the size it began with.
 */
export function fitPlan(
  network: Network,
  target: Target,
  recipe: Recipe,
  { memoryLimit = Infinity, resumedSize, checkpointActivations = false }: FitPlanOptions = {},
): FittedPlan {
  const { batchSize, accumulate } = recipe;
  const { maxBytes, maxBufferBytes } = target;
  const capacity = { maxBytes: Math.min(maxBytes, memoryLimit), maxBufferBytes };
  const planOf = (size: number, parts: boolean, checkpoint = checkpointActivations): Plan =>
    trainingPlan(network, target, recipe, size, parts, checkpoint);
  if (batchSize % accumulate !== 0) {
    throw new CardinalError(
      `a batch of ${batchSize} cannot be cut into ${accumulate} equal parts: change the batch size or the number of parts`,
    );
  }
  const sizes = resumedSize === undefined ? microBatchSizes(recipe) : [resumedSize];
  const parts = planInParts(sizes, capacity, (size) => planOf(size, size < batchSize));
  if (parts.size !== undefined) return { plan: parts.plan, microBatchSize: parts.size };
  const [whole] = sizes;
  const fitting = largestFit(sizes[sizes.length - 1], capacity, (size) => planOf(size, false));
  const { bytes, limit } = parts.largest;
  const lean =
    checkpointActivations || bytes > mostSaved * limit ? undefined : planOf(whole, whole < batchSize, true);
  const leanFits = lean !== undefined && excessOf(lean, capacity) === undefined;
  throw new CardinalError(
    `${network.description.name}: training on ${whole} pictures at once ${excessInWords(parts.largest)}: ` +
      (fitting === 0 ? 'no smaller batch would fit' : `the largest batch that fits is ${fitting}`) +
      (leanFits ? `; with checkpointed activations all of them do (${mebibytes(lean.peakBytes)})` : ''),
  );
}

/** The sizes of micro-batches that a recipe's batch may be cut into, largest first. */
function microBatchSizes({ batchSize, accumulate }: Recipe): readonly number[] {
  return divisors(batchSize).filter(
    (size) => size <= batchSize / accumulate && (size > 1 || size * accumulate === batchSize),
  );
}

/**
 * All that a run may trace a network on, of one size of picture: what training may be cut into, whatever the memory, and what evaluation in
 * batches of so many pictures may be; and one picture, which is what a network is counted and planned for elsewhere.
 */
export function tracedInputs(
  picture: Shape,
  {
    recipe,
    evaluated = [],
  }: { readonly recipe?: Recipe | undefined; readonly evaluated?: readonly number[] },
): readonly TracedInput[] {
  const shapes = (sizes: readonly number[], training: boolean): readonly TracedInput[] =>
    [...new Set([...sizes, 1])].map((size) => ({ shape: [size, ...picture], training }));
  return [
    ...(recipe === undefined ? [] : shapes(microBatchSizes(recipe), true)),
    ...shapes(evaluated.flatMap(divisors), false),
  ];
}

/** No recomputing makes a program smaller by more than this factor. */
const mostSaved = 64;

function trainingPlan(
  network: Network,
  target: Target,
  recipe: Recipe,
  size: number,
  accumulate: boolean,
  checkpointActivations: boolean,
): Plan {
  return network.planTraining(size, target, {
    // Where classes have weights, they are in the targets, and so is the smoothing.
    labelSmoothing: recipe.balance === 'loss' ? 0 : recipe.labelSmoothing,
    optimizer: optimizerPlan(recipe.optimizer),
    decays: (_, shape) => decaysParameter(recipe.optimizer, shape),
    clip: recipe.clipNorm !== undefined,
    accumulate,
    ema: recipe.ema !== undefined,
    checkpointActivations,
    hits: true,
  });
}
