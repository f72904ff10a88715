import type { OpName } from '../op-table.ts';
import { batchNormActivationOps } from './batch-norm-activation.ts';
import { broadcastOps } from './broadcast.ts';
import type { Definition } from './index-inference.ts';
import { reduceOps } from './reduce.ts';
import { reshapeOps } from './reshape.ts';
import { dropPathOps } from './drop-path.ts';
import { matmulOps } from './matmul.ts';
import { shuffleOps } from './shuffle.ts';
import { softmaxOps } from './softmax.ts';
import { blurPoolOps } from './blur-pool.ts';
import { convTransposeOps } from './conv-transpose.ts';
import { globalResponseNormOps } from './global-response-norm.ts';
import { groupNormOps } from './group-norm.ts';
import { interpolateOps } from './interpolate.ts';
import { elementaryOps } from './elementary.ts';
import { lossOps } from './losses.ts';
import { layerNormOps } from './layer-norm.ts';

import { moreUpdateOps } from './more-updates.ts';

/** The ops of networks after ResNeXt. Scripts of a page have them only where such a network runs; elsewhere `no-lineage.ts` stands for this file. */
export const lineageOps = {
  ...batchNormActivationOps,
  ...moreUpdateOps,
  ...broadcastOps,
  ...reduceOps,
  ...reshapeOps,
  ...dropPathOps,
  ...matmulOps,
  ...shuffleOps,
  ...softmaxOps,
  ...blurPoolOps,
  ...convTransposeOps,
  ...globalResponseNormOps,
  ...groupNormOps,
  ...interpolateOps,
  ...layerNormOps,
  ...elementaryOps,
  ...lossOps,
} satisfies { readonly [K in OpName]?: Definition<K> };
