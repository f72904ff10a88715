/** Stands for `fusable.ts` in the scripts of a page for ResNets and ResNeXts: what their kernels fuse is so. */
export function isDifferentiableByResult(): boolean {
  return true;
}

export function isUsual(): boolean {
  return true;
}
