import type { OpName, OpTable } from './op-table.ts';
import type { Value } from './value.ts';

/** One application of an op: discriminated by `op`, so that `attrs` has that op's type. */
export type Node = { [K in OpName]: NodeOf<K> }[OpName];

export interface NodeOf<K extends OpName> {
  readonly id: number;
  readonly op: K;
  readonly attrs: OpTable[K];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Path of the module that recorded it (`layer1.0.conv2`), empty at the top. */
  readonly scope: string;
}
