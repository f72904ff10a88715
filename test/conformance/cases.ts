import type { OpTable } from '../../src/graph/op-table.ts';
import type { CasesOf, GradientCases } from './case.ts';
import { activationCases, activationGradientCases } from './cases/activation.ts';
import { adaptivePoolCases, adaptivePoolGradientCases } from './cases/adaptive-pool.ts';
import { allReduceCases } from './cases/all-reduce.ts';
import { arithmeticCases, arithmeticGradientCases } from './cases/arithmetic.ts';
import { batchNormActivationCases } from './cases/batch-norm-activation.ts';
import { batchNormCases, batchNormGradientCases } from './cases/batch-norm.ts';
import { broadcastCases, broadcastGradientCases } from './cases/broadcast.ts';
import { blurPoolCases, blurPoolGradientCases } from './cases/blur-pool.ts';
import { channelSumCases } from './cases/channel-sum.ts';
import { channelsCases, channelsGradientCases } from './cases/channels.ts';
import { convTransposeCases, convTransposeGradientCases } from './cases/conv-transpose.ts';
import { conv2dCases, conv2dGradientCases } from './cases/conv2d.ts';
import { dropoutCases, dropoutGradientCases } from './cases/dropout.ts';
import { flattenCases, flattenGradientCases } from './cases/flatten.ts';
import { globalResponseNormCases, globalResponseNormGradientCases } from './cases/global-response-norm.ts';
import { groupNormCases, groupNormGradientCases } from './cases/group-norm.ts';
import { interpolateCases, interpolateGradientCases } from './cases/interpolate.ts';
import { layerNormCases, layerNormGradientCases } from './cases/layer-norm.ts';
import { linearCases, linearGradientCases } from './cases/linear.ts';
import { elementaryCases, elementaryGradientCases } from './cases/elementary.ts';
import { lossCases, lossGradientCases } from './cases/losses.ts';
import { moreUpdateCases } from './cases/more-updates.ts';
import { padCases, padGradientCases } from './cases/pad.ts';
import { poolCases, poolGradientCases } from './cases/pool.ts';
import { reduceCases, reduceGradientCases } from './cases/reduce.ts';
import { reshapeCases, reshapeGradientCases } from './cases/reshape.ts';
import { softmaxCrossEntropyCases, softmaxCrossEntropyGradientCases } from './cases/softmax-cross-entropy.ts';
import { subsampleCases, subsampleGradientCases } from './cases/subsample.ts';
import { syncBatchNormCases } from './cases/sync-batch-norm.ts';
import { top1HitsCases } from './cases/top1-hits.ts';
import { updateCases } from './cases/update.ts';
import { dropPathCases, dropPathGradientCases } from './cases/drop-path.ts';
import { matmulCases, matmulGradientCases } from './cases/matmul.ts';
import { shuffleCases, shuffleGradientCases } from './cases/shuffle.ts';
import { softmaxCases, softmaxGradientCases } from './cases/softmax.ts';

/** What every backend must compute as `reference` does; an op that is missing here is a type error. */
export const cases: CasesOf<OpTable> = {
  ...allReduceCases,
  ...conv2dCases,
  ...channelSumCases,
  ...batchNormCases,
  ...batchNormActivationCases,
  ...activationCases,
  ...arithmeticCases,
  ...broadcastCases,
  ...reduceCases,
  ...reshapeCases,
  ...poolCases,
  ...adaptivePoolCases,
  ...padCases,
  ...channelsCases,
  ...subsampleCases,
  ...flattenCases,
  ...linearCases,
  ...blurPoolCases,
  ...globalResponseNormCases,
  ...groupNormCases,
  ...convTransposeCases,
  ...interpolateCases,
  ...layerNormCases,
  ...dropoutCases,
  ...dropPathCases,
  ...matmulCases,
  ...shuffleCases,
  ...softmaxCases,
  ...softmaxCrossEntropyCases,
  ...elementaryCases,
  ...lossCases,
  ...syncBatchNormCases,
  ...top1HitsCases,
  ...updateCases,
  ...moreUpdateCases,
};

/** What is differentiated numerically; `gradients.test.ts` fails if an op with a gradient rule is missing. */
export const gradientCases: GradientCases<OpTable> = {
  ...conv2dGradientCases,
  ...batchNormGradientCases,
  ...activationGradientCases,
  ...arithmeticGradientCases,
  ...broadcastGradientCases,
  ...reduceGradientCases,
  ...reshapeGradientCases,
  ...poolGradientCases,
  ...adaptivePoolGradientCases,
  ...padGradientCases,
  ...channelsGradientCases,
  ...subsampleGradientCases,
  ...flattenGradientCases,
  ...linearGradientCases,
  ...blurPoolGradientCases,
  ...globalResponseNormGradientCases,
  ...groupNormGradientCases,
  ...convTransposeGradientCases,
  ...interpolateGradientCases,
  ...layerNormGradientCases,
  ...dropoutGradientCases,
  ...dropPathGradientCases,
  ...matmulGradientCases,
  ...shuffleGradientCases,
  ...softmaxGradientCases,
  ...softmaxCrossEntropyGradientCases,
  ...elementaryGradientCases,
  ...lossGradientCases,
};
