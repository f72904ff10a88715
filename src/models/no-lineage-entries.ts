import type { ModelEntry } from './entry.ts';

/** Stands for `lineage-entries.ts` in the scripts of a page for ResNets and ResNeXts. */
export const lineageEntries: readonly ModelEntry[] = [];
