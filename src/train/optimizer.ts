import * as z from 'zod/mini';
import type { Shape } from '../graph/value.ts';
import type { OptimizerKind } from '../plan/record-update.ts';
import { decay, share } from './optimizer-parts.ts';
import { otherHyper, otherOptimizers, otherPlan } from './other-optimizers.ts';

export const optimizerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    learningRate: z.number().check(z.positive()),
    momentum: z._default(share, 0.9),
    nesterov: z._default(z.boolean(), false),
    ...decay,
  }),
  z.strictObject({
    kind: z.literal('adamw'),
    learningRate: z.number().check(z.positive()),
    betas: z._default(z.tuple([share, share]), [0.9, 0.999]),
    eps: z._default(z.number().check(z.positive()), 1e-8),
    ...decay,
  }),
  ...otherOptimizers,
]);
/** torch.optim.SGD or torch.optim.AdamW, with their defaults except SGD's momentum, or one of `other-optimizers.ts`. */
export type OptimizerSpec = z.infer<typeof optimizerSchema>;

/** What a training plan must know of the optimiser; the numbers come with every step in `hyper`. */
export function optimizerPlan(spec: OptimizerSpec): OptimizerKind {
  if (spec.kind === 'adamw') return { kind: 'adamw' };
  if (spec.kind !== 'sgd') return otherPlan(spec);
  // Nesterov without momentum is plain gradient descent.
  return { kind: 'sgd', momentum: spec.momentum > 0, nesterov: spec.nesterov && spec.momentum > 0 };
}

/** Whether a parameter of this shape decays. */
export function decaysParameter(spec: OptimizerSpec, shape: Shape): boolean {
  return spec.weightDecay > 0 && (spec.decayNorms || shape.length > 1);
}

/**
 * The plan's `hyper` buffer for one step: SGD 3: [lr, momentum, λ]; AdamW 8: [lr/(1−β₁ᵗ), lr·λ, ε, 1/√(1−β₂ᵗ), β₁, 1−β₁, β₂, 1−β₂]
 * with t = step + 1. Every difference from 1 is taken here, in double precision: of a β that f32 has rounded it would keep
 * but few digits (1 − f32(0.999) is off by 1.3e-5).
 */
export function hyperAt(spec: OptimizerSpec, learningRate: number, step: number): Float32Array {
  if (spec.kind === 'sgd') return Float32Array.of(learningRate, spec.momentum, spec.weightDecay);
  if (spec.kind !== 'adamw') return otherHyper(spec, learningRate, step);
  const [beta1, beta2] = spec.betas;
  const t = step + 1;
  return Float32Array.of(
    learningRate / (1 - beta1 ** t),
    learningRate * spec.weightDecay,
    spec.eps,
    1 / Math.sqrt(1 - beta2 ** t),
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
  );
}

/** The plan's `ema_decay` buffer, 2: [decay, 1 − decay]. */
export function emaDecay(decay: number): Float32Array {
  return Float32Array.of(decay, 1 - decay);
}
