import { checkKind, checkOptions, flag, record, text, type Kinds } from '../base/options.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { fuse } from './fuse.ts';
import { placeBuffers, type Persistent } from './place.ts';
import type { Plan } from './plan.ts';
import { prune } from './schedule.ts';
import { targetKind, type Target } from './target.ts';

/** What tracing a model gives. */
export interface Traced {
  readonly graph: Graph;
  readonly input: Value;
  readonly output: Value;
}

export interface InferencePlanOptions {
  /** Name for messages and listings, usually the model's. */
  readonly name: string;
  /** Multiply batch norms into the convolutions before them, once, when weights are written. Default true. */
  readonly foldBatchNorm?: boolean;
}

const inferenceKinds: Kinds<InferencePlanOptions> = { name: text, foldBatchNorm: flag };

/** Throws a `UsageError` unless it is what `trace` gives, and a device to plan it for. */
export function checkPlannable(what: string, traced: unknown, device: unknown): void {
  checkKind(what, 'the network', traced, {
    expected: 'traced, as trace gives it',
    is: (value) => record.is(value) && ['graph', 'output'].every((part) => part in Object(value)),
  });
  checkKind(what, 'the device', device, targetKind);
}

/**
 * A program that computes `logits` from `input`. After weights are written, run `prologue` once, then `forward` as
 * often as wanted.
 */
export function planInference(traced: Traced, device: Target, options: InferencePlanOptions): Plan {
  checkPlannable('planInference', traced, device);
  checkOptions('planInference', options, inferenceKinds, ['name']);
  const { name, foldBatchNorm = true } = options;
  const { graph, output, fusions } = fuse(traced.graph, traced.output, device, { foldBatchNorm });
  const nodes = prune(graph.nodes, [output]);
  const { prologue, forward } = split(nodes);
  const persistent = new Map<Value, Persistent>([[output, { role: 'output' }]]);
  const used = new Set(forward.flatMap(({ inputs }) => inputs));
  for (const value of prologue.flatMap(({ outputs }) => outputs)) {
    if (used.has(value)) persistent.set(value, { role: 'folded' });
  }
  return placeBuffers(
    name,
    { prologue, forward, gradient: [], accumulate: [], update: [] },
    persistent,
    fusions,
    device,
  );
}

/** What weights alone decide (norms folded, residuals scaled) is done once, before the first picture. */
function split(nodes: readonly Node[]): {
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
