import { CardinalError } from '../base/errors.ts';
import { gradientOf } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/**
 * Reverse mode: appends to `graph` the nodes that compute d(loss)/d(parameter) for each of `parameters` that the loss
 * depends on, and gives them by parameter. `seed` is d(loss)/d(loss), a scalar that scales every gradient.
 * A value used several times gets the sum of what comes back from each use. Nodes that none of `parameters` comes before
 * get no backward pass. Throws a `CardinalError` if an op has no gradient for one of `parameters`.
 */
export function differentiate(
  graph: Graph,
  loss: Value,
  seed: Value,
  parameters: readonly Value[],
): Map<Value, Value> {
  const wanted = new Set(parameters);
  const dependent = dependents(graph, wanted);
  const gradients = new Map<Value, Value>([[loss, seed]]);
  const forward = [...graph.nodes];
  for (const node of forward.reverse()) {
    const outputs = node.outputs.map((output) => gradients.get(output));
    if (outputs.every((gradient) => gradient === undefined)) continue;
    if (!node.inputs.some((input) => dependent.has(input))) continue;
    const inputs = graph.atPath(node.scope, () => gradientOf(graph, node, outputs));
    if (inputs === undefined) throw new Error(`plan: ${node.op} has no gradient rule`);
    node.inputs.forEach((input, index) => {
      const gradient = inputs[index];
      if (gradient === undefined && wanted.has(input)) {
        throw new CardinalError(
          `${node.scope || 'top level'}: ${node.op} has no gradient for ${input.name}; trace the network in training mode, or freeze the parameter`,
        );
      }
      if (gradient === undefined || !dependent.has(input)) return;
      const earlier = gradients.get(input);
      const sum =
        earlier === undefined
          ? gradient
          : graph.atPath(node.scope, () => graph.apply1('add', [earlier, gradient], { activation: 'none' }));
      gradients.set(input, sum);
    });
  }
  const found = new Map<Value, Value>();
  for (const parameter of parameters) {
    const gradient = gradients.get(parameter);
    if (gradient !== undefined) found.set(parameter, gradient);
  }
  return found;
}

/** Every value that depends on one of `sources`. */
function dependents(graph: Graph, sources: ReadonlySet<Value>): ReadonlySet<Value> {
  const found = new Set<Value>(sources);
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => found.has(input))) continue;
    for (const output of node.outputs) found.add(output);
  }
  return found;
}
