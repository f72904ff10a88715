import { Graph } from '../../graph/graph.ts';
import type { Node } from '../../graph/node.ts';
import type { Value } from '../../graph/value.ts';
import type { Trace } from '../../nn/trace.ts';
import type { Traced } from '../../plan/plan-inference.ts';
import { ValueMap } from '../../plan/rewrite.ts';
import { prune } from '../../plan/schedule.ts';

/** What a network makes of one of its values: a graph from it to the logits, and what else that reads of the network. */
export interface Tail {
  /** Its input is the value. */
  readonly traced: Traced;
  /** Values of the network that are neither the value's nor of weights alone, and what they are called in the graph, where they are inputs. */
  readonly beside: ReadonlyMap<Value, string>;
}

/** The rest of a traced network behind one of its values. */
export function tailOf({ graph, output }: Trace, start: Value): Tail {
  const tail = new Graph();
  const copies = new ValueMap(tail);
  const input = tail.input('input', start.shape);
  copies.set(start, input);
  const behind = new Set([start]);
  const ofPicture = new Set(graph.values.filter(({ role }) => role === 'input'));
  const beside = new Map<Value, string>();
  const enter = (value: Value): void => {
    if (!ofPicture.has(value) || behind.has(value) || beside.has(value)) return;
    const name = `beside.${value.name}`;
    copies.set(value, tail.input(name, value.shape));
    beside.set(value, name);
  };
  const record = (node: Node): void => {
    node.inputs.forEach(enter);
    copies.copy(node);
  };
  for (const node of prune(graph.nodes, [output])) {
    if (node.inputs.some((value) => behind.has(value))) {
      record(node);
      for (const value of node.outputs) behind.add(value);
    } else if (node.inputs.some((value) => ofPicture.has(value))) {
      for (const value of node.outputs) ofPicture.add(value);
    } else {
      // Of weights alone, which the tail has anyway.
      record(node);
    }
  }
  return { traced: { graph: tail, input, output: copies.get(output) }, beside };
}
