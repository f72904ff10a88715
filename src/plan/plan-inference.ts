import { callback, checkKind, checkOptions, flag, record, text, type Kinds } from '../base/options.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { listOf, shareWeights } from './batch-sizes.ts';
import { fuse } from './fuse.ts';
import { otherOutputs } from './outputs.ts';
import { placeBuffers, type Persistent } from './place.ts';
import type { Plan } from './plan.ts';
import { nodesOf, prune } from './schedule.ts';
import { targetKind, type Target } from './target.ts';

/** What tracing a model gives. */
export interface Traced {
  readonly graph: Graph;
  readonly input: Value;
  readonly output: Value;
  /** Of a network with several outputs all of them, the main one first, and what the network calls them. */
  readonly outputs?: readonly Value[] | undefined;
  readonly names?: readonly string[] | undefined;
}

export interface InferencePlanOptions {
  /** Name for messages and listings, usually the model's. */
  readonly name: string;
  /** Multiply batch norms into the convolutions before them, once, when weights are written. Default true. */
  readonly foldBatchNorm?: boolean;
  /** Only the main output, of a network with several. Default false. */
  readonly mainOnly?: boolean | undefined;
  /** What else the smallest batch leaves to be read after a run, and from where on somebody will ask for gradients. Default: nothing. */
  readonly landmarks?: ((nodes: readonly Node[]) => Landmarks) | undefined;
}

/** What is of interest to somebody among the nodes of a network that computes logits. */
export interface Landmarks {
  /** Values that keep their contents until the next run, beside the logits. */
  readonly kept: readonly Value[];
  /** Nodes that may be differentiated: they are not fused into what cannot be. */
  readonly differentiable: ReadonlySet<Node>;
}

const inferenceKinds: Kinds<InferencePlanOptions> = {
  name: text,
  foldBatchNorm: flag,
  mainOnly: flag,
  landmarks: callback,
};

/** Throws a `UsageError` unless it is what `trace` gives, and a device to plan it for. */
export function checkPlannable(what: string, traced: unknown, device: unknown): void {
  checkKind(what, 'the network', traced, {
    expected: 'traced, as trace gives it',
    is: (value) => record.is(value) && ['graph', 'output'].every((part) => part in Object(value)),
  });
  checkKind(what, 'the device', device, targetKind);
}

/**
 * A program that computes `logits` from `input`, and the other outputs of a network that has several from its inputs, each under its name. After weights are written, run `prologue` once, then `forward` as
 * often as wanted. Of several traces of one network, for batches of several sizes, largest first, comes a program that computes each of
 * them with the same weights (see `batchesOf`).
 */
export function planInference(
  traced: Traced | readonly Traced[],
  device: Target,
  options: InferencePlanOptions,
): Plan {
  const traces = listOf(traced);
  for (const one of traces) checkPlannable('planInference', one, device);
  checkOptions('planInference', options, inferenceKinds, ['name']);
  const { name, foldBatchNorm = true, mainOnly = false, landmarks } = options;
  const passes = traces.map((one, index) => {
    const { graph, input, output } = one;
    const find = index === traces.length - 1 ? landmarks : undefined;
    const differentiable = find?.(prune(graph.nodes, [output])).differentiable ?? false;
    const fused = fuse(graph, output, device, { foldBatchNorm, differentiable });
    const outputs = [fused.output, ...(mainOnly ? [] : otherOutputs(fused.graph, one))];
    const lists = split(prune(fused.graph.nodes, outputs));
    return { ...fused, ...lists, input, outputs: [...outputs, ...(find?.(lists.forward).kept ?? [])] };
  });
  const { prologue, lists, outputs } = shareWeights(passes);
  const persistent = new Map<Value, Persistent>();
  for (const output of outputs) persistent.set(output, { role: 'output' });
  const used = new Set(nodesOf(lists).flatMap(({ inputs }) => inputs));
  for (const value of prologue.flatMap(({ outputs }) => outputs)) {
    if (used.has(value)) persistent.set(value, { role: 'folded' });
  }
  return placeBuffers(
    name,
    { prologue, ...lists, gradient: [], accumulate: [], update: [] },
    persistent,
    passes[0].fusions,
    device,
  );
}

/** What weights alone decide (norms folded, residuals scaled) is done once, before the first picture. */
export function split(nodes: readonly Node[]): {
  readonly prologue: readonly Node[];
  readonly forward: readonly Node[];
} {
  const once = new Set<Value>();
  const isFixed = (value: Value) => value.role === 'parameter' || value.role === 'buffer' || once.has(value);
  const prologue: Node[] = [];
  const forward: Node[] = [];
  for (const node of nodes) {
    if (node.inputs.every(isFixed)) {
      for (const output of node.outputs) once.add(output);
      prologue.push(node);
    } else forward.push(node);
  }
  return { prologue, forward };
}
