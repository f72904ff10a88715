import { convnextEntries } from './convnext-entries.ts';
import { efficientnetEntries } from './efficientnet-entries.ts';
import type { ModelEntry } from './entry.ts';
import { mobilenetEntries } from './mobilenet-entries.ts';
import { regnetEntries } from './regnet-entries.ts';
import { residualEntries } from './residual-entries.ts';
import { xceptionEntries } from './xception-entries.ts';

/** The networks after ResNeXt and its contemporaries. In the scripts of a page that has none of their ops, `no-lineage-entries.ts` stands for it. */
export const lineageEntries: readonly ModelEntry[] = [
  ...residualEntries,
  ...mobilenetEntries,
  ...efficientnetEntries,
  ...xceptionEntries,
  ...regnetEntries,
  ...convnextEntries,
];
