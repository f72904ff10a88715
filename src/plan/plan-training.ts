import { callback, checkOptions, finite, flag, text, type Kinds } from '../base/options.ts';
import { checkPlannable } from './plan-inference.ts';
import { CardinalError } from '../base/errors.ts';
import { mutatedBy } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape, Value } from '../graph/value.ts';
import { differentiate } from './differentiate.ts';
import { fuseSums } from './fuse-sums.ts';
import { fuse } from './fuse.ts';
import type { Traced } from './plan-inference.ts';
import { placeBuffers, type Persistent } from './place.ts';
import type { Plan } from './plan.ts';
import { recompute, type Recomputing } from './recompute.ts';
import { prune } from './schedule.ts';
import type { Target } from './target.ts';

export type OptimizerKind =
  | { readonly kind: 'sgd'; readonly momentum: boolean; readonly nesterov: boolean }
  | { readonly kind: 'adamw' };

export interface TrainingPlanOptions {
  readonly name: string;
  /** ε of the loss. Default 0. */
  readonly labelSmoothing?: number;
  readonly optimizer: OptimizerKind;
  /** Whether weight decay applies to a parameter. Default: to all. */
  readonly decays?: (parameter: string, shape: Shape) => boolean;
  /** Clip gradients by their joint L2 norm: reads `max_norm`, writes `gradient_norm`. Default false. */
  readonly clip?: boolean;
  /** Sum gradients of several micro-batches in `accumulator.*`; the update reads those. Default false. */
  readonly accumulate?: boolean;
  /** Keep a moving average of parameters and running statistics in `ema.*`. Default false. */
  readonly ema?: boolean;
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
}

const trainingKinds: Kinds<TrainingPlanOptions> = {
  name: text,
  labelSmoothing: finite,
  optimizer: {
    expected: "{ kind: 'sgd', momentum, nesterov } or { kind: 'adamw' }, momentum and nesterov true or false",
    is: isOptimizerKind,
  },
  decays: callback,
  clip: flag,
  accumulate: flag,
  ema: flag,
  checkpointActivations: flag,
  hits: flag,
};

function isOptimizerKind(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'adamw') return true;
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
  const {
    graph,
    output: logits,
    fusions,
  } = fuse(traced.graph, traced.output, device, {
    foldBatchNorm: false,
  });
  const parameters = graph.values.filter(({ role }) => role === 'parameter');
  // Those that steps change: a frozen norm's stay what they are.
  const statistics = [...new Set(graph.nodes.flatMap(mutatedBy))];
  const target = graph.input('target', logits.shape);
  const seed = graph.input('loss_gradient', [1]);
  const loss = graph.apply1(
    'softmax_cross_entropy',
    [logits, target],
    { labelSmoothing: options.labelSmoothing ?? 0 },
    'loss',
  );
  const hits = options.hits === true ? recordHits(graph, logits, device) : undefined;
  const trainable = parameters.filter(({ frozen }) => frozen !== true);
  if (trainable.length === 0 && parameters.length > 0) {
    throw new CardinalError(
      `${options.name}: expected a parameter to train, got ${parameters.length} frozen ones and no other; leave at least the last layer trainable`,
    );
  }
  const forwardEnd = graph.nodes.length;
  const gradients = differentiate(graph, loss, seed, trainable);
  const results = [logits, loss, ...(hits === undefined ? [] : [hits])];
  const persistent = new Map<Value, Persistent>(results.map((value) => [value, { role: 'output' }]));
  for (const [{ name }, gradient] of gradients) {
    persistent.set(gradient, { role: 'gradient', name: nameBeside(graph, 'grad', name) });
  }

  const wanted = [...results, ...gradients.values()];
  const { nodes: pass, fusions: sums } = fuseSums(prune(graph.nodes, wanted), wanted, device);
  const recomputing =
    options.checkpointActivations === true
      ? recompute(graph, pass, ({ id }) => id < forwardEnd, new Set(persistent.keys()), device)
      : undefined;

  const gradientEnd = graph.nodes.length;
  const summed = options.accumulate === true ? recordAccumulation(graph, gradients) : gradients;
  const accumulateEnd = graph.nodes.length;
  const outputs = recordUpdate(graph, summed, statistics, options);
  for (const value of outputs) persistent.set(value, { role: 'output' });

  const planFor = ({ nodes: gradient, again }: Recomputing): Plan =>
    placeBuffers(
      options.name,
      {
        prologue: [],
        forward: [],
        gradient,
        accumulate: graph.nodes.slice(gradientEnd, accumulateEnd),
        update: graph.nodes.slice(accumulateEnd),
      },
      persistent,
      { ...fusions, ...sums },
      device,
      again,
    );
  const plan = planFor({ nodes: pass, again: new Set() });
  if (recomputing === undefined) return plan;
  // Small networks may have nothing to save: then what is recomputed is nothing.
  const lean = planFor(recomputing);
  return { ...(lean.peakBytes < plan.peakBytes ? lean : plan), keepingAllBytes: plan.peakBytes };
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

function recordAccumulation(graph: Graph, gradients: ReadonlyMap<Value, Value>): Map<Value, Value> {
  const scale = graph.input('accumulate_scale', [1]);
  const accumulators = new Map<Value, Value>();
  for (const [parameter, gradient] of gradients) {
    const accumulator = bufferBeside(graph, 'accumulator', parameter);
    graph.apply('accumulate', [accumulator, gradient, scale], {});
    accumulators.set(parameter, accumulator);
  }
  return accumulators;
}

/** Records clipping, the optimiser and the moving average; gives the values the host may read. */
function recordUpdate(
  graph: Graph,
  gradients: ReadonlyMap<Value, Value>,
  statistics: readonly Value[],
  { optimizer, decays = () => true, clip = false, ema = false }: TrainingPlanOptions,
): readonly Value[] {
  const norm = clip
    ? graph.apply('gradient_norm', [...gradients.values(), graph.input('max_norm', [1])], {}, [
        'gradient_norm',
        'clip_coefficient',
      ])
    : [];
  const coefficient = clip ? [norm[1]] : [];
  const hyper = graph.input('hyper', [optimizer.kind === 'sgd' ? 3 : 8]);
  for (const [parameter, gradient] of gradients) {
    const { name, shape } = parameter;
    const keep = (what: string) => bufferBeside(graph, what, parameter);
    const decay = decays(name, shape);
    if (optimizer.kind === 'sgd') {
      const { momentum, nesterov } = optimizer;
      const velocity = momentum ? [keep('velocity')] : [];
      graph.apply('sgd', [parameter, gradient, ...velocity, hyper, ...coefficient], {
        momentum,
        nesterov,
        decay,
        clip,
      });
    } else {
      const moments = [keep('exp_avg'), keep('exp_avg_sq')];
      graph.apply('adamw', [parameter, gradient, ...moments, hyper, ...coefficient], { decay, clip });
    }
  }
  if (ema) {
    const decay = graph.input('ema_decay', [2]);
    for (const tensor of [...gradients.keys(), ...statistics]) {
      graph.apply('ema', [bufferBeside(graph, 'ema', tensor), tensor, decay], {});
    }
  }
  return norm;
}

function bufferBeside(graph: Graph, what: string, { name, shape }: Value): Value {
  return graph.buffer(nameBeside(graph, what, name), shape);
}

/** The name of what is kept of a tensor. Throws a `CardinalError` if a tensor of the network itself is called so. */
function nameBeside(graph: Graph, what: string, of: string): string {
  const name = `${what}.${of}`;
  if (graph.values.some((value) => value.role !== 'computed' && value.name === name)) {
    throw new CardinalError(
      `the network's tensor '${name}' is called as what training keeps of '${of}': rename its attribute '${what}'`,
    );
  }
  return name;
}
