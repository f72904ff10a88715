import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { assemble, type Persistent, type Scratch } from './assemble.ts';
import { fuse } from './fuse.ts';
import type { Plan } from './plan.ts';
import { prune } from './schedule.ts';

/** What tracing a model gives. */
export interface Traced {
  readonly graph: Graph;
  readonly input: Value;
  readonly output: Value;
}

export interface InferenceOptions {
  /** Name for messages and listings, usually the model's. */
  readonly name: string;
  /** Multiply batch norms into the convolutions before them, once, when weights are written. Default true. */
  readonly foldBatchNorm?: boolean;
}

/**
 * A program that computes `logits` from `input`. After weights are written, run `prologue` once, then `forward` as
 * often as wanted.
 */
export function planInference(traced: Traced, scratch: Scratch, options: InferenceOptions): Plan {
  const { name, foldBatchNorm = true } = options;
  const { graph, output, fusions } = fuse(traced.graph, traced.output, { foldBatchNorm });
  const nodes = prune(graph.nodes, [output]);
  const prologue = nodes.filter(({ op }) => op === 'fold_batch_norm');
  const forward = nodes.filter(({ op }) => op !== 'fold_batch_norm');
  const persistent = new Map<Value, Persistent>([[output, { role: 'output' }]]);
  for (const { outputs } of prologue) for (const value of outputs) persistent.set(value, { role: 'folded' });
  return assemble(
    name,
    { prologue, forward, gradient: [], accumulate: [], update: [] },
    persistent,
    fusions,
    scratch,
  );
}
