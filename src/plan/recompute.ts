import type { Graph } from '../graph/graph.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { chooseKept } from './kept.ts';
import { Tape } from './tape.ts';
import type { Target } from './target.ts';

/** A list of steps that computes some values twice instead of keeping them. */
export interface Recomputing {
  readonly nodes: readonly Node[];
  /** Those of `nodes` that compute what a forward step has computed before. */
  readonly again: ReadonlySet<Node>;
}

/**
 * Recomputation of activations (Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174;
 * PyTorch's `torch.utils.checkpoint`). `nodes` are a forward pass, which `isForward` distinguishes from the backward
 * pass after it. Some of what the forward pass computes is kept for the backward pass (`chooseKept`); the rest dies
 * after its last use in the forward pass and is computed again, by the same kernels from the same numbers, right
 * before a backward step needs it. `persistent` are values that have memory of their own anyway. Each forward step is
 * done again at most once, so the cost is less than a forward pass.
 */
export function recompute(
  graph: Graph,
  nodes: readonly Node[],
  isForward: (node: Node) => boolean,
  persistent: ReadonlySet<Value>,
  target: Target,
): Recomputing {
  const tape = new Tape(nodes, isForward, persistent, target);
  const copies = new Map<Value, Value>();
  const again = new Set<Node>();
  const current = (values: readonly Value[]): Value[] => values.map((value) => copies.get(value) ?? value);
  const list = tape.order(chooseKept(tape)).map(({ node, repeat }) => {
    if (repeat === undefined) {
      // Backward steps read the copies; they keep their outputs, which others know.
      return node.inputs.some((input) => copies.has(input))
        ? { ...node, inputs: current(node.inputs) }
        : node;
    }
    const { op, attrs, inputs } = repeat;
    const names = node.outputs.map(({ name }) => name);
    const outputs = graph.atPath(node.scope, () => graph.apply(op, current(inputs), attrs, names));
    outputs.forEach((output, index) => copies.set(node.outputs[index], output));
    const copy = graph.nodes[graph.nodes.length - 1];
    again.add(copy);
    return copy;
  });
  return { nodes: list, again };
}
