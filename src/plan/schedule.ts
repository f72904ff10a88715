import { mutatedBy } from '../graph/dispatch.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import type { ByEntry } from './plan.ts';

/** Nodes of each step list, in the order in which they run. */
export type Schedule = ByEntry<readonly Node[]>;

/** The nodes of all step lists, in the order of the lists. */
export function nodesOf(lists: Readonly<Record<string, readonly Node[]>>): readonly Node[] {
  return Object.values(lists).flat();
}

/**
 * Drops nodes that nothing needs (the gradient of the pictures, say). A node is needed if it writes state in place or
 * if a needed node or the host uses one of its outputs. The order stays as recorded: forward first, then backward, where
 * each layer's weight gradient stands right after its input gradient, so that activations die as early as they can.
 */
export function prune(nodes: readonly Node[], wanted: readonly Value[]): readonly Node[] {
  const needed = new Set<Value>(wanted);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (mutatedBy(node).length === 0 && !node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return kept.reverse();
}
