import { activations, type Activation } from './activation.ts';
import { usualSlope } from './activation-rule.ts';

/** Those of which the gradient needs nothing but what they give. */
export type ActivationByResult = 'none' | 'relu' | 'relu6';

/** Whether the gradient of an op that ends in it can do with what the op gives: it need not know what f was applied to. */
export function isDifferentiableByResult(activation: Activation): activation is ActivationByResult {
  return activation === 'none' || activations[activation].slopeFrom === 'y';
}

/** Whether an op can end in an activation with these attributes: of leaky ReLUs only in that of the usual slope. */
export function isUsual(attrs: object): boolean {
  return !('negativeSlope' in attrs) || attrs.negativeSlope === usualSlope;
}
