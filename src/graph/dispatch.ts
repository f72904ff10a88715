import { ops, type Definition } from './ops/index.ts';
import type { Graph } from './graph.ts';
import type { Application, Node } from './node.ts';
import type { Applier } from './op.ts';
import type { OpName, OpTable } from './op-table.ts';
import type { Value } from './value.ts';

/**
 * The definition of a node's op, for callers that do not care which op it is. TypeScript cannot see that `ops[node.op]`
 * and `node` belong to the same op (correlated unions): this widening is done here and nowhere else.
 */
function definitionOf(node: Node): Definition<OpName> {
  return ops[node.op];
}

/** Multiply–accumulates of a weight that a node does in one run. */
export function macsOf(node: Node): number {
  return definitionOf(node).macs?.(node) ?? 0;
}

/** Bytes that each rank gives to the others in one run of a node. */
export function bytesCommunicatedBy(node: Node): number {
  return definitionOf(node).bytes?.(node) ?? 0;
}

/** The inputs that a node writes in place. */
export function mutatedBy(node: Node): readonly Value[] {
  const indices = definitionOf(node).mutates?.(node.attrs, node.inputs.length) ?? [];
  return indices.map((index) => node.inputs[index]);
}

/** The input whose memory a node's first output may take; undefined if there is none. */
export function replacedBy(node: Node): Value | undefined {
  const index = definitionOf(node).replaces?.(node.attrs);
  return index === undefined ? undefined : node.inputs[index];
}

/** What gives a node's first output again without changing any state; undefined if nothing does. */
export function repeatOf(node: Node): Application | undefined {
  const definition = definitionOf(node);
  if (definition.repeat !== undefined) return definition.repeat(node, applications);
  return mutatedBy(node).length === 0 ? node : undefined;
}

/** `op`, `attrs` and `inputs` belong together, but TypeScript cannot see that they are one member of the union. */
const applications: Applier<OpTable, Application> = {
  apply: (op, inputs, attrs) => ({ op, inputs, attrs }) as Application,
};

/** Records the gradient of a node; undefined if its op has none. */
export function gradientOf(
  graph: Graph,
  node: Node,
  gradients: readonly (Value | undefined)[],
): readonly (Value | undefined)[] | undefined {
  return definitionOf(node).gradient?.(graph, node, gradients);
}
