import { cifarResNetEntries } from './cifar-entries.ts';
import { freeEntries, paperEntries } from './resnext-entries.ts';

/** Networks whose checkpoints the small engine of a page loads by itself. */
export const checkpointEntries = [...paperEntries, ...cifarResNetEntries, ...freeEntries];
