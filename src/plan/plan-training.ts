import {
  callback,
  checkOptions,
  finite,
  flag,
  record,
  text,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../base/options.ts';
import { rowsOf } from '../base/ranks.ts';
import { checkPlannable } from './plan-inference.ts';
import { CardinalError } from '../base/errors.ts';
import { mutatedBy } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import {
  asDone,
  recordBucket,
  recordBuckets,
  startingWhenFull,
  usualBucketBytes,
  waitingBeforeUse,
} from './buckets.ts';
import { differentiate } from './differentiate.ts';
import { divide } from './divide.ts';
import { fuseSums } from './fuse-sums.ts';
import { fuse } from './fuse.ts';
import type { Traced } from './plan-inference.ts';
import { lossPlanKind, type LossPlan } from './record-loss.ts';
import { recordLosses } from './record-losses.ts';
import { nameBeside, recordAccumulation, recordUpdate, type UpdateOptions } from './record-update.ts';
import { isOtherKind } from './record-other-update.ts';
import { shareStatistics } from './share-statistics.ts';
import { placeBuffers, type Persistent } from './place.ts';
import type { Plan, PlanRanks } from './plan.ts';
import { recompute, type Recomputing } from './recompute.ts';
import { prune } from './schedule.ts';
import type { Target } from './target.ts';

export interface TrainingPlanOptions extends UpdateOptions {
  readonly name: string;
  /** ε of the loss. Default 0. */
  readonly labelSmoothing?: number;
  /** What is minimised. Default: softmax cross-entropy. */
  readonly loss?: LossPlan | undefined;
  /** Weights of auxiliary outputs by name: the same loss of each, with the same target, is added times its weight. Default: none. */
  readonly auxiliary?: Readonly<Record<string, number>> | undefined;
  /** Sum gradients of several micro-batches in `accumulator.*`; the update reads those. Default false. */
  readonly accumulate?: boolean;
  /**
   * Keep only some activations for the backward pass and compute the others again when it needs them: much less memory for up
   * to one more forward pass. Results are the same, bit for bit. Default false.
   */
  readonly checkpointActivations?: boolean;
  /**
   * Count on the device how many rows of `logits` have their largest at the class in `labels`: a number in `hits`, so that nobody
   * need read the logits. Left out where the device does not support `top1_hits`, or the network has a tensor of either name:
   * `countsHits` says whether it is there. Default false.
   */
  readonly hits?: boolean;
  /**
   * Which of several ranks the program is for, and how many pictures a run of all of them takes; the network was traced with this rank's
   * `rowsOf` them. The loss and the hits become those of all pictures, and the gradients sums over the ranks. `stopping`, which each
   * rank may set to 1, is added up with them. Default: the program trains alone.
   */
  readonly ranks?: PlanRanks | undefined;
  /**
   * Whether norms take statistics of the pictures of all ranks, and their gradients come through these (torch.nn.SyncBatchNorm); if not,
   * each rank normalises its own, and the running statistics are the mean of theirs. Default true.
   */
  readonly syncBatchNorm?: boolean | undefined;
  /** Bytes of gradients that are added up over the ranks at once. Default 25 MiB. */
  readonly bucketBytes?: number | undefined;
}

/** Weights of outputs, { aux: 0.4 }. */
export const weightsByName: Kind = {
  expected: 'weights by name, { aux: 0.4 }',
  is: (value) => record.is(value) && Object.values(Object(value) as object).every(Number.isFinite),
};

const trainingKinds: Kinds<TrainingPlanOptions> = {
  name: text,
  labelSmoothing: finite,
  loss: lossPlanKind,
  auxiliary: weightsByName,
  optimizer: {
    expected:
      "{ kind: 'sgd', momentum, nesterov }, momentum and nesterov true or false, or { kind: 'adamw' } or another optimizer's",
    is: isOptimizerKind,
  },
  decays: callback,
  rateOf: callback,
  sinceOf: callback,
  clip: flag,
  accumulate: flag,
  ema: flag,
  checkpointActivations: flag,
  hits: flag,
  ranks: ranksKind(),
  syncBatchNorm: flag,
  bucketBytes: wholeFrom(1),
};

function ranksKind(): Kind {
  return {
    expected: '{ rank, size, batch }, whole numbers, with 0 ≤ rank < size ≤ batch',
    is: (value) => {
      if (typeof value !== 'object' || value === null) return false;
      const { rank, size, batch } = value as PlanRanks;
      return wholeFrom(0).is(rank) && wholeFrom(1).is(size) && wholeFrom(size).is(batch) && rank < size;
    },
  };
}

function isOptimizerKind(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'adamw' || isOtherKind(value)) return true;
  const has = (name: string): boolean => typeof Reflect.get(value, name) === 'boolean';
  return value.kind === 'sgd' && has('momentum') && has('nesterov');
}

/**
 * A program that trains: `gradient` computes `loss`, `logits` and every `grad.*` from `input` and `target`; `accumulate`
 * adds them up; `update` changes the parameters. Nothing but in-place state survives from one step to the next.
 * `traced` must have been traced in training mode. Frozen parameters get no gradient, so they are in no other list either:
 * no optimiser state, no accumulator, no share of the norm, no average; and neither are statistics of frozen norms.
 * Throws a `CardinalError` if nothing is left to train.
 */
export function planTraining(traced: Traced, device: Target, options: TrainingPlanOptions): Plan {
  checkPlannable('planTraining', traced, device);
  checkOptions('planTraining', options, trainingKinds, ['name', 'optimizer']);
  const fused = fuse(traced.graph, traced.output, device, { foldBatchNorm: false, differentiable: true });
  const { fusions } = fused;
  const ranks = severalOf(options);
  const { syncBatchNorm = true } = options;
  if (ranks !== undefined) checkRows(traced, ranks, options.name);
  const { graph, output: logits } =
    ranks === undefined ? fused : divide(fused.graph, fused.output, ranks, { syncBatchNorm });
  const parameters = graph.values.filter(({ role }) => role === 'parameter');
  // Those that steps change: a frozen norm's stay what they are.
  const statistics = [...new Set(graph.nodes.flatMap(mutatedBy))].filter(({ role }) => role === 'buffer');
  const target = graph.input('target', logits.shape);
  const seed = graph.input('loss_gradient', [1]);
  const own = recordLosses(graph, logits, target, {
    ...{ traced, auxiliary: options.auxiliary },
    ...{ loss: options.loss, labelSmoothing: options.labelSmoothing ?? 0 },
    name: ranks === undefined ? 'loss' : 'own_loss',
  });
  const loss = ranks === undefined ? own : shareOf(graph, own, logits, ranks);
  const hits = options.hits === true ? recordHits(graph, logits, device) : undefined;
  if (ranks !== undefined && options.hits === true && hits === undefined) {
    throw new CardinalError(
      `${options.name}: several ranks count hits on the device, which needs an op top1_hits, and no tensor of the network called 'labels' or 'hits'`,
    );
  }
  const told = ranks && recordBucket(graph, [loss, ...(hits ? [hits] : []), graph.input('stopping', [1])]);
  const trainable = parameters.filter(({ frozen }) => frozen !== true);
  if (trainable.length === 0 && parameters.length > 0) {
    throw new CardinalError(
      `${options.name}: expected a parameter to train, got ${parameters.length} frozen ones and no other; leave at least the last layer trainable`,
    );
  }
  const forwardEnd = graph.nodes.length;
  const gradients = differentiate(graph, own, seed, trainable);
  const results = [logits, loss, ...(hits === undefined ? [] : [hits])];
  const persistent = new Map<Value, Persistent>(results.map((value) => [value, { role: 'output' }]));
  for (const [{ name }, gradient] of gradients) {
    persistent.set(gradient, { role: 'gradient', name: nameBeside(graph, 'grad', name) });
  }

  const wanted = [...results, ...gradients.values()];
  const needed = prune(graph.nodes, wanted);
  // What was told is awaited last.
  const ordered = told === undefined ? needed : [...needed.filter((node) => node !== told.wait), told.wait];
  const { nodes: pass, fusions: sums } = fuseSums(ordered, wanted, device);
  const recomputing =
    options.checkpointActivations === true
      ? recompute(
          graph,
          pass,
          (node) => node.id < forwardEnd && node !== told?.wait,
          new Set(persistent.keys()),
          device,
        )
      : undefined;

  const done = asDone(pass, gradients.values());
  const bytes = options.bucketBytes ?? usualBucketBytes;
  const buckets = ranks === undefined || options.accumulate === true ? [] : recordBuckets(graph, done, bytes);
  const gradientEnd = graph.nodes.length;
  const summed = options.accumulate === true ? recordAccumulation(graph, gradients) : gradients;
  const accumulateEnd = graph.nodes.length;
  // What comes first from the other ranks is needed first.
  const awaited = ranks === undefined ? summed : inOrder(done, gradients, summed);
  const shared =
    ranks === undefined || syncBatchNorm ? undefined : shareStatistics(graph, statistics, ranks.size);
  const outputs = [
    ...recordUpdate(graph, awaited, statistics, options),
    // Side by side, as all that is added up at once.
    ...(shared?.values ?? []),
  ];
  const update = graph.nodes.slice(accumulateEnd);
  for (const value of outputs) persistent.set(value, { role: 'output' });

  // Sums of several micro-batches are there after the last of them.
  const late =
    ranks === undefined || options.accumulate !== true
      ? []
      : recordBuckets(graph, [...new Set(awaited.values())], bytes);

  const planFor = ({ nodes, again }: Recomputing): Plan => ({
    ...placeBuffers(
      options.name,
      {
        prologue: [],
        forward: [],
        gradient: startingWhenFull(nodes, buckets),
        accumulate: graph.nodes.slice(gradientEnd, accumulateEnd),
        update: [...late.map(({ start }) => start), ...waitingBeforeUse(update, [...buckets, ...late])],
      },
      persistent,
      { ...fusions, ...sums },
      device,
      again,
    ),
    ...(ranks === undefined ? {} : { ranks }),
  });
  const plan = planFor({ nodes: pass, again: new Set() });
  if (recomputing === undefined) return plan;
  // Small networks may have nothing to save: then what is recomputed is nothing.
  const lean = planFor(recomputing);
  return { ...(lean.peakBytes < plan.peakBytes ? lean : plan), keepingAllBytes: plan.peakBytes };
}

/** The ranks that a program trains with, if there are others. */
function severalOf({ ranks }: TrainingPlanOptions): PlanRanks | undefined {
  return ranks === undefined || ranks.size === 1 ? undefined : ranks;
}

function checkRows({ input, output }: Traced, ranks: PlanRanks, name: string): void {
  const { count } = rowsOf(ranks.batch, ranks);
  const [rows] = output.shape;
  if (rows === count && input.shape[0] === count) return;
  throw new CardinalError(
    `${name}: rank ${ranks.rank} of ${ranks.size} takes ${count} of ${ranks.batch} pictures, got a network traced with ${rows}`,
  );
}

/** What a rank's rows add to the mean loss of all. */
function shareOf(graph: Graph, own: Value, { shape: [rows] }: Value, { batch }: PlanRanks): Value {
  return graph.apply1('scale', [own], { factor: rows / batch }, 'loss');
}

/** Sums of gradients, by parameter, in the order in which the backward pass is `done` with the gradients. */
function inOrder(
  done: readonly Value[],
  gradients: ReadonlyMap<Value, Value>,
  summed: ReadonlyMap<Value, Value>,
): ReadonlyMap<Value, Value> {
  const places = new Map(done.map((gradient, place) => [gradient, place]));
  const placeOf = (parameter: Value): number => places.get(gradients.get(parameter) ?? parameter) ?? -1;
  return new Map([...summed].sort(([a], [b]) => placeOf(a) - placeOf(b)));
}

/** The count of hits, undefined if the device does not take it or the network uses its names: the pass is then pruned of it. */
function recordHits(graph: Graph, logits: Value, device: Target): Value | undefined {
  if (graph.values.some(({ name }) => name === 'labels' || name === hitsName)) return undefined;
  const labels = graph.input('labels', [logits.shape[0]]);
  const hits = graph.apply1('top1_hits', [logits, labels], {}, hitsName);
  return device.supports(graph.nodes[graph.nodes.length - 1]) ? hits : undefined;
}

const hitsName = 'hits';

/** Whether a training plan counts hits: reads `labels`, writes `hits`. A network may have a tensor called so itself. */
export function countsHits({ buffers }: Plan): boolean {
  return buffers.some(({ name, role }) => name === hitsName && role === 'output');
}
