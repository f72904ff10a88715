import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { placeBuffers, type Persistent } from './place.ts';
import { split } from './plan-inference.ts';
import type { Plan } from './plan.ts';
import { prune } from './schedule.ts';
import type { Target } from './target.ts';

/**
 * A program that computes `wanted` values of a traced network as they are: nothing is fused, so that each is what its layer gives and not
 * a part of what became of it. They keep their names, and their contents until the next run; what they do not need is left out.
 */
export function planValues(graph: Graph, wanted: readonly Value[], device: Target, name: string): Plan {
  const computed = wanted.filter(({ role }) => role === 'computed');
  const { prologue, forward } = split(prune(graph.nodes, computed));
  const persistent = new Map<Value, Persistent>();
  for (const value of prologue.flatMap(({ outputs }) => outputs)) persistent.set(value, { role: 'folded' });
  for (const value of computed) persistent.set(value, { role: 'output' });
  const schedule = { prologue, forward, gradient: [], accumulate: [], update: [] };
  return placeBuffers(name, schedule, persistent, {}, device);
}
