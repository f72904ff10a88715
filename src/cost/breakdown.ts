import { checkKind, checkOptions, objectWith, type Kind } from '../base/options.ts';
import { conventionsOf, type Convention } from './conventions.ts';
import { macsOf } from '../graph/dispatch.ts';
import { graphKind } from './cost.ts';
import type { Graph } from '../graph/graph.ts';
import { kindOf } from './kinds.ts';
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';

/** What some ops of a network cost, for the batch it was traced with. */
export interface PartCost {
  /** Elements of the parameters that they use. */
  readonly parameters: number;
  /** Multiply–accumulates of a weight. */
  readonly macs: number;
  /** Their share of all MACs, in [0, 1]. */
  readonly macShare: number;
  /** Elements of the outputs of convolutions and linear layers (Radosavovic et al. 2020, as timm counts). */
  readonly activations: number;
  /**
   * Float32 bytes that the ops read and write, each for itself: inputs, weights, running statistics, outputs. Caches and
   * fused ops need less.
   */
  readonly bytes: number;
}

/** One module's cost, its calls together. */
export interface LayerCost extends PartCost {
  /** Path of the module (`layer1.0.conv2`), empty for the network itself. */
  readonly path: string;
  /** What it does, in the order of its ops: "3×3 grouped convolution"; several kinds if it holds several layers. */
  readonly kinds: readonly string[];
  /** Shape of what its last op gives. */
  readonly outputShape: Shape;
}

/** The cost of all ops of one kind. */
export interface KindCost extends PartCost {
  readonly kind: string;
  /** How many ops are of this kind. */
  readonly ops: number;
}

/** A network's cost, divided among its layers and kinds of op. */
export interface CostBreakdown {
  /** In the order in which they first run. Ops that a module records itself, as a block its addition, stand under its own path. */
  readonly layers: readonly LayerCost[];
  /** The most MACs first, then the most bytes. */
  readonly kinds: readonly KindCost[];
  readonly total: PartCost;
  /** The same network as others would count it. */
  readonly conventions: readonly Convention[];
}

const levels: Kind = {
  expected: 'a number of levels, or Infinity',
  is: (value) => typeof value === 'number' && value >= 0,
};

/**
 * Counts a traced network by layer, by kind of op and by convention. `depth` levels of modules get rows of their own,
 * and what lies deeper is added up; the default, `Infinity`, gives every layer a row.
 */
export function costBreakdown(
  traced: { readonly graph: Graph },
  options: { readonly depth?: number } = {},
): CostBreakdown {
  checkKind('costBreakdown', 'the network', traced, objectWith('traced, as trace gives it', 'graph'));
  checkKind('costBreakdown', 'its graph', traced.graph, graphKind);
  checkOptions('costBreakdown', options, { depth: levels });
  const { graph } = traced;
  const { depth = Infinity } = options;
  const total = partCost(graph.nodes, 0);
  const costOf = (nodes: readonly Node[]) => partCost(nodes, total.macs);
  const layers = [...groupBy(graph.nodes, ({ scope }) => scope.split('.').slice(0, depth).join('.'))].map(
    ([path, nodes]): LayerCost => ({
      path,
      kinds: [...new Set(nodes.map(kindOf))],
      outputShape: nodes[nodes.length - 1].outputs[0].shape,
      ...costOf(nodes),
    }),
  );
  const kinds = [...groupBy(graph.nodes, kindOf)]
    .map(([kind, nodes]): KindCost => ({ kind, ops: nodes.length, ...costOf(nodes) }))
    .sort((a, b) => b.macs - a.macs || b.bytes - a.bytes);
  return { layers, kinds, total: costOf(graph.nodes), conventions: conventionsOf(graph) };
}

export function partCost(nodes: readonly Node[], allMacs: number): PartCost {
  const add = (count: (node: Node) => number) => nodes.reduce((total, node) => total + count(node), 0);
  // A shared parameter is one parameter.
  const parameters = new Set(
    nodes.flatMap(({ inputs }) => inputs.filter(({ role }) => role === 'parameter')),
  );
  const macs = add(macsOf);
  return {
    parameters: [...parameters].reduce((total, { shape }) => total + sizeOf(shape), 0),
    macs,
    macShare: allMacs === 0 ? 0 : macs / allMacs,
    activations: add(({ op, outputs }) =>
      op === 'conv2d' || op === 'linear' ? sizeOf(outputs[0].shape) : 0,
    ),
    bytes: add(({ inputs, outputs }) =>
      [...inputs, ...outputs].reduce((total, { shape }) => total + 4 * sizeOf(shape), 0),
    ),
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
