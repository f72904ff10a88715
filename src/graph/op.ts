import type { Graph } from './graph.ts';
import type { NodeOf } from './node.ts';
import type { OpName, OpTable } from './op-table.ts';
import type { Shape, Value } from './value.ts';

/** What the graph must know of an op. How to compute it is the backends' business. */
export interface OpDefinition<K extends OpName> {
  /** Output shapes. Throws a `CardinalError` that names the op, what it expected and what came. */
  infer(inputs: readonly Shape[], attrs: OpTable[K]): readonly Shape[];
  /**
   * Records the nodes that give d(loss)/d(input) for each input (undefined: no gradient flows there), from
   * d(loss)/d(output) for each output (undefined: nothing depends on it). Absent for ops that are never differentiated.
   */
  gradient?(
    graph: Graph,
    node: NodeOf<K>,
    gradients: readonly (Value | undefined)[],
  ): readonly (Value | undefined)[];
  /** Multiply–accumulates of a weight in one run. Absent: none (element-wise work is not counted). */
  macs?(node: NodeOf<K>): number;
  /** Indices of the inputs it writes in place. */
  mutates?(attrs: OpTable[K], inputCount: number): readonly number[];
  /**
   * Index of the input whose memory its first output may take, if nothing else needs that input any more: no backend reads an
   * element of it after it has written there. Absent or undefined: none.
   */
  replaces?(attrs: OpTable[K]): number | undefined;
  /**
   * What gives the node's first output again, bit for bit, without writing anything in place; it may use the node's other
   * outputs. Absent: the node itself does, if it writes nothing in place.
   */
  repeat?(node: NodeOf<K>): Application;
}

/** An op with what it is applied to. */
export type Application = {
  [K in OpName]: { readonly op: K; readonly attrs: OpTable[K]; readonly inputs: readonly Value[] };
}[OpName];
