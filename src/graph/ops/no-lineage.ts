/** Stands for `lineage.ts` in the scripts of a page for ResNets and ResNeXts, whose networks have no such op. */
export const lineageOps = {};
