import type { OpName } from '../../../graph/op-table.ts';
import type { Lowering } from '../call.ts';

/** Lowerings to look ops up in: a plan of somebody else's may hold one that there is none for, and is refused when it is loaded. */
export type Lowerings = { readonly [K in OpName]?: Lowering<K> };
