import type { Backend, KernelUse } from '../backends/backend.ts';
import type { Node } from '../graph/node.ts';
import { entries, type Plan } from '../plan/plan.ts';

/** Which kernels of a backend each node of a plan runs, in their order. */
export function kernelsOf(plan: Plan, backend: Backend): (node: Node) => readonly KernelUse[] {
  const kernels = new Map<Node, readonly KernelUse[]>(
    entries.flatMap((entry) =>
      plan.steps[entry].map((step): [Node, readonly KernelUse[]] => [
        step.node,
        backend.kernelsOf(step, plan),
      ]),
    ),
  );
  return (node) => kernels.get(node) ?? [];
}
