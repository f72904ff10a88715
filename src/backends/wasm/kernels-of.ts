import type { Node } from '../../graph/node.ts';
import type { Plan } from '../../plan/plan.ts';
import type { KernelUse } from '../backend.ts';
import type { Call } from './call.ts';
import type { Lowerer } from './lower/index.ts';
import { keeping } from './lower-plan.ts';

/** The kernels that each node of a plan runs, for listings (see `Backend`). What several nodes have in common stands at the first. */
export function kernelsOf(plan: Plan, lowerer: Lowerer): ReadonlyMap<Node, readonly KernelUse[]> {
  const once = new Set<Call>();
  // As if there were room for everything, which only networks of some gigabytes lack.
  const { keep } = keeping(plan, { begin: 0, end: Infinity }, (calls) => {
    for (const call of calls) once.add(call);
    return calls;
  });
  const use = (call: Call): KernelUse => ({ name: call.kernel, once: once.has(call) });
  return new Map(
    Object.values(plan.steps).flatMap((steps) => {
      const lowered = lowerer.lower(steps, plan.workspace, keep);
      return steps.map(({ node }, index) => [node, lowered[index].map(use)] as const);
    }),
  );
}
