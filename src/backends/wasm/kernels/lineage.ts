// Compiled in front of `index.ts` for the builds that have the kernels of networks after ResNeXt.
// @ts-ignore: decorator
@global
const LINEAGE_KERNELS: bool = true;
