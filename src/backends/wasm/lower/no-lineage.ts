/** Stands for `lineage.ts` in the scripts of a page for ResNets and ResNeXts: a plan with these ops is refused. */
export const lineageLowerings = {};
