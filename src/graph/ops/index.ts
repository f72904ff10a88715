import type { OpDefinition } from '../op.ts';
import type { OpName } from '../op-table.ts';

export const ops = {} as { readonly [K in OpName]: OpDefinition<K> };
