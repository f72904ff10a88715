import type { Field } from './definition.ts';
import { moreActivationCodes } from './more-activations.ts';

/** The activations that a kernel applies to what it stores, by the codes of an `activation` argument. */
export const activationCodes = { none: 0, relu: 1, relu6: 2, ...moreActivationCodes } as const;

export type FusedActivation = keyof typeof activationCodes;

/** What is applied to a result before it is stored; see `kernels/activation.ts`. */
export function activation(): Field<FusedActivation, 'i32'> {
  const meaning = 'what is applied to the result: an `Activation`';
  return { type: 'i32', meaning, unit: undefined, toWords: (value) => [activationCodes[value]] };
}
