import { CardinalError, UsageError } from '../base/errors.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { rowsOf, type Ranks } from '../base/ranks.ts';
import { divisors, excessInWords, excessOf, largestFit, planInParts } from '../plan/fit.ts';
import type { Shape } from '../graph/value.ts';
import type { TracedInput } from '../nn/traced.ts';
import type { BufferRole, Plan, PlanRanks } from '../plan/plan.ts';
import type { LossPlan } from '../plan/record-loss.ts';
import type { Target } from '../plan/target.ts';
import type { Unfrozen } from './checkpoint.ts';
import type { Network } from './network.ts';
import { lossPlanOf, type OwnLoss } from './loss.ts';
import { beginnings, learningRateScales } from './learning-rates.ts';
import { decaysParameter, optimizerPlan } from './optimizer.ts';
import { trainingInput } from './recipe-parts.ts';
import type { Recipe } from './recipe.ts';

export interface FittedPlan {
  readonly plan: Plan;
  /** Pictures in one run of the program, over all ranks; divides the recipe's batch size. */
  readonly microBatchSize: number;
}

/** Elements of the buffers of one kind in a plan. */
export function elementsIn({ buffers }: Plan, wanted: BufferRole): number {
  return buffers.reduce((total, { role, bytes }) => (role === wanted ? total + bytes / 4 : total), 0);
}

/** The rows of a batch that the plan's rank takes, over all micro-batches. */
export function rowsOfPlan({ plan, microBatchSize }: FittedPlan, batchSize: number): number {
  const { ranks } = plan;
  if (ranks === undefined) return batchSize;
  return (batchSize / microBatchSize) * rowsOf(microBatchSize, ranks).count;
}

export interface FitPlanOptions {
  /** Bytes that the program may take, if less than the target's. */
  readonly memoryLimit?: number | undefined;
  /** The micro-batch that a run which is resumed began with. */
  readonly resumedSize?: number | undefined;
  /** Default false. */
  readonly checkpointActivations?: boolean | undefined;
  /** The ranks that train together, each on its `rowsOf` a micro-batch. Default: one, alone. */
  readonly ranks?: Ranks | undefined;
  /** Whether batch norms take the statistics of all ranks. Default true. */
  readonly syncBatchNorm?: boolean | undefined;
  /** Bytes of gradients that are added up over the ranks at once. Default 25 MiB. */
  readonly bucketBytes?: number | undefined;
  /** What was frozen and is not any more. */
  readonly unfrozen?: Unfrozen | undefined;
  /** The function of a recipe whose loss is a program's own. */
  readonly loss?: OwnLoss | undefined;
}

/**
 * The training plan for the recipe's batch, cut into as few equal micro-batches as fit into the target. A micro-batch
 * of one picture is never chosen for a larger batch, because batch norm makes nothing of it: then, and if nothing fits,
 * a `CardinalError` gives the largest batch that would. A run that is resumed gives the size it began with. Of several ranks all
 * take the size that fits the first, which has the most rows, and every one has a row of each micro-batch.
 */
export function fitPlan(
  network: Network,
  target: Target,
  recipe: Recipe,
  {
    memoryLimit = Infinity,
    resumedSize,
    checkpointActivations = false,
    ranks,
    syncBatchNorm,
    bucketBytes,
    unfrozen,
    loss: own,
  }: FitPlanOptions = {},
): FittedPlan {
  const { batchSize, accumulate } = recipe;
  const { maxBytes, maxBufferBytes } = target;
  const capacity = { maxBytes: Math.min(maxBytes, memoryLimit), maxBufferBytes };
  const first = ranks && { ...ranks, rank: 0 };
  const planOf = (size: number, parts: boolean, checkpoint = checkpointActivations, who = first): Plan =>
    trainingPlan(network, target, recipe, {
      ...{ size, accumulate: parts, checkpointActivations: checkpoint, syncBatchNorm, bucketBytes },
      unfrozen,
      loss: lossPlanOf(recipe, own),
      ranks: who && { ...who, batch: size },
    });
  if (batchSize % accumulate !== 0) {
    throw new CardinalError(
      `a batch of ${batchSize} cannot be cut into ${accumulate} equal parts: change the batch size or the number of parts`,
    );
  }
  const sizes = resumedSize === undefined ? microBatchSizes(recipe, ranks?.size) : [resumedSize];
  checkRanks(recipe, sizes, ranks);
  const parts = planInParts(sizes, capacity, (size) => planOf(size, size < batchSize));
  if (parts.size !== undefined) {
    const { plan, size } = parts;
    const isFirst = ranks === undefined || ranks.rank === 0;
    return {
      plan: isFirst ? plan : planOf(size, size < batchSize, checkpointActivations, ranks),
      microBatchSize: size,
    };
  }
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
function microBatchSizes({ batchSize, accumulate }: Recipe, ranks = 1): readonly number[] {
  return divisors(batchSize).filter(
    (size) =>
      size >= ranks && size <= batchSize / accumulate && (size > 1 || size * accumulate === batchSize),
  );
}

/** Throws a `UsageError` if a micro-batch would leave a rank without a picture. */
function checkRanks(
  { batchSize, accumulate }: Recipe,
  sizes: readonly number[],
  ranks: Ranks | undefined,
): void {
  if (ranks === undefined || sizes.some((size) => size >= ranks.size)) return;
  const parts = accumulate === 1 ? '' : ` in ${accumulate} parts`;
  throw new UsageError(
    `a batch of ${batchSize}${parts} leaves some of ${ranks.size} ranks without a picture: use a batch of at least ${ranks.size * accumulate}, or fewer ranks`,
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
    ranks = { rank: 0, size: 1 },
  }: {
    readonly recipe?: Recipe | undefined;
    readonly evaluated?: readonly number[];
    readonly ranks?: Ranks | undefined;
  },
): readonly TracedInput[] {
  const shapes = (sizes: readonly number[], of: Shape, training: boolean): readonly TracedInput[] =>
    [...new Set([...sizes, 1])].map((size) => ({ shape: [size, ...of], training }));
  return [
    ...(recipe === undefined
      ? []
      : shapes(trainingRows(recipe, ranks), trainingInput(picture, recipe), true)),
    ...shapes(evaluated.flatMap(divisors), picture, false),
  ];
}

/** How many rows of a micro-batch a rank may have; and the first rank, whose memory decides. */
function trainingRows(recipe: Recipe, ranks: Ranks): readonly number[] {
  return microBatchSizes(recipe, ranks.size).flatMap((size) => [
    rowsOf(size, ranks).count,
    rowsOf(size, { ...ranks, rank: 0 }).count,
  ]);
}

/** No recomputing makes a program smaller by more than this factor. */
const mostSaved = 64;

function trainingPlan(
  network: Network,
  target: Target,
  recipe: Recipe,
  {
    size,
    ranks,
    unfrozen,
    ...rest
  }: {
    readonly size: number;
    readonly ranks: PlanRanks | undefined;
    readonly accumulate: boolean;
    readonly checkpointActivations: boolean;
    readonly syncBatchNorm: boolean | undefined;
    readonly bucketBytes: number | undefined;
    readonly unfrozen: Unfrozen | undefined;
    readonly loss: LossPlan | undefined;
  },
): Plan {
  const rows = ranks === undefined ? size : rowsOf(size, ranks).count;
  const options = {
    // Where classes have weights, they are in the targets, and so is the smoothing.
    labelSmoothing: recipe.balance === 'loss' ? 0 : recipe.labelSmoothing,
    auxiliary: recipe.auxiliary,
    optimizer: optimizerPlan(recipe.optimizer),
    decays: (_: string, shape: Shape) => decaysParameter(recipe.optimizer, shape),
    rateOf: learningRateScales(network, recipe),
    sinceOf: beginnings(unfrozen),
    clip: recipe.clipNorm !== undefined,
    ema: recipe.ema !== undefined,
    hits: true,
    ranks,
    ...rest,
  };
  return network.planTraining(rows, target, options, trainingInput(network.input, recipe));
}
