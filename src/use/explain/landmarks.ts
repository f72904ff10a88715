import type { Node } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import type { Value } from '../../graph/value.ts';
import type { Landmarks } from '../../plan/plan-inference.ts';

/** Ops without weights that bring a feature map to another size: they tell nothing that the map before them does not. */
const resizing: ReadonlySet<OpName> = new Set<OpName>([
  'max_pool2d',
  'avg_pool2d',
  'adaptive_max_pool2d',
  'adaptive_avg_pool2d',
  'pad2d',
  'subsample',
]);

/**
 * The last feature map of a network whose `nodes` compute a picture's logits, in their order: the last value of more than one place
 * that was not pooled from another. Undefined if there is none.
 */
export function lastFeatureMap(nodes: readonly Node[]): Value | undefined {
  return nodes.findLast(({ op, outputs: [output] }) => !resizing.has(op) && isMap(output))?.outputs[0];
}

/** What the last `Linear` makes the logits of, N×D. Undefined if there is none. */
export function embeddingOf(nodes: readonly Node[]): Value | undefined {
  return nodes.findLast(({ op }) => op === 'linear')?.inputs[0];
}

/**
 * What explanations ask of a network whose `nodes` compute a picture's logits: the last feature map, the embedding, and what else is
 * read behind the map; the gradient goes from the logits back to the map.
 */
export function landmarksOf(nodes: readonly Node[]): Landmarks & {
  readonly map: Value | undefined;
  readonly embedding: Value | undefined;
} {
  const map = lastFeatureMap(nodes);
  const embedding = embeddingOf(nodes);
  const computed = new Set(nodes.flatMap(({ outputs }) => outputs));
  const behind = new Set<Value>(map === undefined ? [] : [map]);
  const differentiable = new Set<Node>();
  for (const node of nodes) {
    if (!node.inputs.some((input) => behind.has(input))) continue;
    differentiable.add(node);
    for (const output of node.outputs) behind.add(output);
  }
  const beside = [...differentiable]
    .flatMap(({ inputs }) => inputs)
    .filter((input) => computed.has(input) && !behind.has(input));
  const kept = new Set(beside);
  // The picture itself has its place anyway.
  for (const value of [map, embedding]) if (value !== undefined && computed.has(value)) kept.add(value);
  return { map, embedding, differentiable, kept: [...kept] };
}

function isMap({ shape: [, , height = 1, width = 1] }: Value): boolean {
  return height * width > 1;
}
