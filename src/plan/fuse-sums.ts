import type { Node, NodeOf } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { Uses } from './rewrite.ts';
import type { Target } from './target.ts';

/** A backward pass after fusing, and how often each rewrite was done. */
export interface FusedSums {
  readonly nodes: readonly Node[];
  readonly fusions: Readonly<Record<string, number>>;
}

/**
 * Lets the gradient that comes back through a convolution be added to the one that came back through the shortcut while it is
 * computed: `conv2d_backward_input` + `add` → `conv2d_backward_input` with a residual. The sum keeps its value, so that what
 * reads it stays as it is. Only where the target supports it, nothing else reads the convolution's dx (`kept` are values that
 * the host or another step list reads), and the other gradient is there by then: a convolution that waited for it would
 * keep dy alive.
 */
export function fuseSums(
  nodes: readonly Node[],
  kept: readonly Value[],
  target: Pick<Target, 'supports'>,
): FusedSums {
  const uses = new Uses(nodes, kept);
  const absorbed = new Set<Node>();
  const known = new Set<Value>();
  const fused = nodes.map((node): Node => {
    const sum = node.op === 'conv2d_backward_input' ? withSum(node, uses, known, target) : undefined;
    if (sum !== undefined) absorbed.add(sum.add);
    for (const output of node.outputs) known.add(output);
    return sum?.fused ?? node;
  });
  const count = absorbed.size;
  return {
    nodes: fused.filter((node) => !absorbed.has(node)),
    fusions: count === 0 ? {} : { 'conv2d_backward_input + add': count },
  };
}

/** A convolution's gradient with the sum that it may do, and the node that did it. */
function withSum(
  node: NodeOf<'conv2d_backward_input'>,
  uses: Uses,
  known: ReadonlySet<Value>,
  target: Pick<Target, 'supports'>,
): { readonly fused: Node; readonly add: Node } | undefined {
  const { attrs, inputs, outputs } = node;
  const [dx] = outputs;
  const add = uses.soleConsumer(dx);
  if (add?.op !== 'add' || add.attrs.activation !== 'none' || attrs.residual) return undefined;
  const [a, b] = add.inputs;
  const other = a === dx ? b : a;
  if (!known.has(other)) return undefined;
  const summing = { ...attrs, residual: true };
  const fused: Node = { ...node, attrs: summing, inputs: [...inputs, other], outputs: add.outputs };
  return target.supports(fused) ? { fused, add } : undefined;
}
