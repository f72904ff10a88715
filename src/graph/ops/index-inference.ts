import type { OpDefinition } from '../op.ts';
import type { OpName, OpTable } from '../op-table.ts';
import { activationOps } from './activation.ts';
import { adaptivePoolOps } from './adaptive-pool.ts';
import { arithmeticOps } from './arithmetic.ts';
import { batchNormOps } from './batch-norm.ts';
import { channelsOps } from './channels.ts';
import { conv2dOps } from './conv2d.ts';
import { flattenOps } from './flatten.ts';
import { linearOps } from './linear.ts';
import { padOps } from './pad.ts';
import { poolOps } from './pool.ts';
import { subsampleOps } from './subsample.ts';

export type Definition<K extends OpName> = OpDefinition<K, OpTable[K], OpTable>;

/** The ops that networks use when they only predict. In a script that does nothing else this file stands for `index.ts`. */
export const ops = {
  ...conv2dOps,
  ...batchNormOps,
  ...activationOps,
  ...arithmeticOps,
  ...poolOps,
  ...adaptivePoolOps,
  ...padOps,
  ...channelsOps,
  ...subsampleOps,
  ...flattenOps,
  ...linearOps,
} satisfies { readonly [K in OpName]?: Definition<K> };
