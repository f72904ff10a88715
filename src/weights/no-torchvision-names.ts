import type { NameMap } from './name-map.ts';

/** Stands for `torchvision-names.ts` in the scripts of a page that has none of its networks. */
export const torchvisionMaps: readonly NameMap[] = [];
