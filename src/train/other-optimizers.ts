import * as z from 'zod/mini';
import type { OtherOptimizerKind } from '../plan/record-other-update.ts';
import { decay, share } from './optimizer-parts.ts';

/*
 * Optimisers of the recipes after ResNeXt's. In the scripts of a page that has none of them, `no-other-optimizers.ts` stands for this
 * file.
 */

const learningRate = z.number().check(z.positive());
const positive = z.number().check(z.positive());

export const otherOptimizers = [
  /** torch.optim.RMSprop; with `tensorflow`, timm's RMSpropTF, with which EfficientNets and MobileNets were trained. */
  z.strictObject({
    kind: z.literal('rmsprop'),
    learningRate,
    /** The decay of the mean of squares. */
    alpha: z._default(share, 0.9),
    momentum: z._default(share, 0.9),
    eps: z._default(positive, 1e-3),
    /** ε within the root, squares that begin as 1, the learning rate within the momentum. */
    tensorflow: z._default(z.boolean(), true),
    ...decay,
  }),
  /** Lion (Chen et al. 2023): its learning rate is 3 to 10 times smaller than AdamW's, its weight decay as much larger. */
  z.strictObject({
    kind: z.literal('lion'),
    learningRate,
    betas: z._default(z.tuple([share, share]), [0.9, 0.99]),
    ...decay,
  }),
  /** LAMB (You et al. 2019) as timm has it: parameters that do not decay are not scaled by their norm. */
  z.strictObject({
    kind: z.literal('lamb'),
    learningRate,
    betas: z._default(z.tuple([share, share]), [0.9, 0.999]),
    eps: z._default(positive, 1e-6),
    ...decay,
  }),
] as const;
type OtherOptimizer = z.infer<(typeof otherOptimizers)[number]>;

export function otherPlan(spec: OtherOptimizer): OtherOptimizerKind {
  if (spec.kind !== 'rmsprop') return { kind: spec.kind };
  return { kind: 'rmsprop', momentum: spec.momentum > 0, tensorflow: spec.tensorflow };
}

/** `hyper` as the ops `rmsprop`, `lion` and `lamb` have it; differences from 1 are taken in double precision. */
export function otherHyper(spec: OtherOptimizer, learningRate: number, step: number): Float32Array {
  const t = step + 1;
  if (spec.kind === 'rmsprop') {
    const { alpha, eps, momentum, weightDecay } = spec;
    return Float32Array.of(learningRate, alpha, 1 - alpha, eps, momentum, weightDecay);
  }
  const [beta1, beta2] = spec.betas;
  const shares = [beta1, 1 - beta1, beta2, 1 - beta2];
  if (spec.kind === 'lion') return Float32Array.of(learningRate, learningRate * spec.weightDecay, ...shares);
  const root = 1 / Math.sqrt(1 - beta2 ** t);
  return Float32Array.of(learningRate, spec.weightDecay, spec.eps, root, ...shares, 1 / (1 - beta1 ** t));
}

/** What the optimiser keeps begins as this; all else as 0. */
export function beginsAt(
  spec: { readonly kind: string; readonly tensorflow?: boolean },
  name: string,
): number {
  return spec.kind === 'rmsprop' && spec.tensorflow === true && name.startsWith('square_avg.') ? 1 : 0;
}

/** Prefixes of what they keep, beside those of SGD and AdamW. */
export const otherPrefixes = ['square_avg.', 'momentum_buffer.'];

/** Its name for a person. */
export function otherName(spec: OtherOptimizer): string {
  if (spec.kind === 'rmsprop') {
    return `RMSProp${spec.tensorflow ? " as TensorFlow's" : ''}, momentum ${spec.momentum}`;
  }
  return spec.kind === 'lion' ? 'Lion' : 'LAMB';
}
