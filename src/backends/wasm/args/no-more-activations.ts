/** Stands for `more-activations.ts` in the scripts of a page for ResNets and ResNeXts. */
export const moreActivationCodes = {};
