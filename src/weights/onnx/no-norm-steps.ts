/** Stands for `norm-steps.ts` in the scripts of a page for ResNets and ResNeXts, whose networks have no such op. */
export const normConverters = {};
