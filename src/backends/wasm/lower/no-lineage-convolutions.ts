import type { LineageConvolutions } from './lineage-convolutions.ts';

/** Stands for `lineage-convolutions.ts` in the scripts of a page for ResNets and ResNeXts: the kernels for all groups take those too. */
export const lineageConvolutions: LineageConvolutions = {
  forward: [],
  backwardInput: [],
  backwardWeight: [],
};
