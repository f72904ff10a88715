import type { OpName } from '../op-table.ts';
import { ops as inferenceOps, type Definition } from './index-inference.ts';
import { lineageOps } from './lineage.ts';

export type { Definition };

/** The ops that any network uses when it only predicts, and gradients of those after ResNeXt, which are listed as a whole: in the complete script of a page for that, this file stands for `index.ts`. */
export const ops = { ...inferenceOps, ...lineageOps } satisfies { readonly [K in OpName]?: Definition<K> };
