import type { OpTable } from '../../src/graph/op-table.ts';
import type { CasesOf, GradientCases } from './case.ts';
import { activationCases, activationGradientCases } from './cases/activation.ts';
import { adaptivePoolCases, adaptivePoolGradientCases } from './cases/adaptive-pool.ts';
import { arithmeticCases, arithmeticGradientCases } from './cases/arithmetic.ts';
import { batchNormCases, batchNormGradientCases } from './cases/batch-norm.ts';
import { channelSumCases } from './cases/channel-sum.ts';
import { channelsCases, channelsGradientCases } from './cases/channels.ts';
import { conv2dCases, conv2dGradientCases } from './cases/conv2d.ts';
import { dropoutCases, dropoutGradientCases } from './cases/dropout.ts';
import { flattenCases, flattenGradientCases } from './cases/flatten.ts';
import { linearCases, linearGradientCases } from './cases/linear.ts';
import { padCases, padGradientCases } from './cases/pad.ts';
import { poolCases, poolGradientCases } from './cases/pool.ts';
import { softmaxCrossEntropyCases, softmaxCrossEntropyGradientCases } from './cases/softmax-cross-entropy.ts';
import { subsampleCases, subsampleGradientCases } from './cases/subsample.ts';
import { top1HitsCases } from './cases/top1-hits.ts';
import { updateCases } from './cases/update.ts';

/** What every backend must compute as `reference` does; an op that is missing here is a type error. */
export const cases: CasesOf<OpTable> = {
  ...conv2dCases,
  ...channelSumCases,
  ...batchNormCases,
  ...activationCases,
  ...arithmeticCases,
  ...poolCases,
  ...adaptivePoolCases,
  ...padCases,
  ...channelsCases,
  ...subsampleCases,
  ...flattenCases,
  ...linearCases,
  ...dropoutCases,
  ...softmaxCrossEntropyCases,
  ...top1HitsCases,
  ...updateCases,
};

/** What is differentiated numerically; `gradients.test.ts` fails if an op with a gradient rule is missing. */
export const gradientCases: GradientCases<OpTable> = {
  ...conv2dGradientCases,
  ...batchNormGradientCases,
  ...activationGradientCases,
  ...arithmeticGradientCases,
  ...poolGradientCases,
  ...adaptivePoolGradientCases,
  ...padGradientCases,
  ...channelsGradientCases,
  ...subsampleGradientCases,
  ...flattenGradientCases,
  ...linearGradientCases,
  ...dropoutGradientCases,
  ...softmaxCrossEntropyGradientCases,
};
