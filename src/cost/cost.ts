import { checkKind, objectWith } from '../base/options.ts';
import { macsOf } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import { sizeOf } from '../base/shape.ts';

/** What one run of a graph takes, by the conventions of the papers: only work with weights counts. */
export interface Cost {
  /** Elements of the parameters that the graph uses. */
  readonly parameters: number;
  /** Multiply–accumulates of a weight (MACs); 1 MAC is 2 FLOP. Batch norm, bias, additions and pooling count nothing. */
  readonly macs: number;
  /** Elements of the outputs of convolutions and linear layers ("activations" of Radosavovic et al. 2020, as timm counts). */
  readonly activations: number;
}

/** The graph of what `trace` gives. */
export const graphKind = objectWith('the graph of what trace gives', 'nodes', 'values');

/**
 * Counts a graph's MACs, parameters and activations at the batch size it was traced with; forward ops only, if only
 * those are recorded.
 */
export function costOf(graph: Graph): Cost {
  checkKind('costOf', 'the graph', graph, graphKind);
  return {
    parameters: sum(graph.values, (value) => (value.role === 'parameter' ? sizeOf(value.shape) : 0)),
    macs: sum(graph.nodes, macsOf),
    activations: sum(graph.nodes, ({ op, outputs }) =>
      op === 'conv2d' || op === 'linear' ? sizeOf(outputs[0].shape) : 0,
    ),
  };
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
