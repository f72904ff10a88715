import type { Backend } from '../backends/backend.ts';
import { lower } from '../backends/wasm/lower/index.ts';
import type { Node } from '../graph/node.ts';
import { entries, type Plan } from '../plan/plan.ts';

/** Which kernels of a backend each node of a plan runs, in their order. The reference has one loop for every op. */
export function kernelsOf(plan: Plan, { name }: Backend): (node: Node) => readonly string[] {
  if (name === 'reference') return ({ op }) => [op];
  const kernels = new Map<Node, readonly string[]>(
    entries.flatMap((entry) =>
      plan.steps[entry].map((step): [Node, string[]] => [
        step.node,
        lower(step, plan.workspace).map(({ kernel }) => kernel),
      ]),
    ),
  );
  return (node) => kernels.get(node) ?? [];
}
