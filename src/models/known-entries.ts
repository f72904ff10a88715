import { learnDistance } from '../base/known-distance.ts';
import { bottlenecks } from './known-bottlenecks.ts';
import type { ModelEntry } from './entry.ts';
import { freeEntries, paperEntries } from './resnext-entries.ts';

/** What the registry knows in the engine of a page that trains: ResNets and ResNeXts, until all others are asked for. */
export const entries: ModelEntry[] = [...paperEntries, ...freeEntries];

/** From now on the registry knows all networks, all forms of their blocks, and what a name that it does not know may mean. */
export async function knowAll(): Promise<void> {
  const [{ allEntries }, forms, { distance }] = await Promise.all([
    import('./all-entries.ts'),
    import('./forms.ts'),
    import('fastest-levenshtein'),
  ]);
  learnDistance(distance);
  bottlenecks.a = forms.AggregatedBottleneck;
  bottlenecks.b = forms.EarlyConcatBottleneck;
  entries.splice(0, entries.length, ...allEntries);
}
