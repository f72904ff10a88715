import type { OpNode } from './op.ts';
import type { OpName, OpTable } from './op-table.ts';

/** One application of an op: discriminated by `op`, so that `attrs` has that op's type. */
export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** An op with what it is applied to. */
export type Application = { [K in OpName]: Pick<NodeOf<K>, 'op' | 'attrs' | 'inputs'> }[OpName];

export type NodeOf<K extends OpName> = OpNode<K, OpTable[K]>;
