import { byCodePoint } from '../base/order.ts';
import type { StudioItem } from './service.ts';
import type { RunState } from './train/service.ts';

/**
 * Items as rooms list them, the first of a kind being what one means who has chosen nothing: runs that can be used first, the newest before
 * others, and of those the example last.
 */
export function inOrder(items: readonly StudioItem[], runs: readonly RunState[]): StudioItem[] {
  const states = new Map(runs.map((run) => [run.id, run]));
  const runItems = items
    .filter(({ kind }) => kind === 'run')
    .map((item) => ({ item, state: states.get(item.id) }))
    .toSorted(
      (a, b) =>
        Number(b.state?.hasCheckpoint ?? false) - Number(a.state?.hasCheckpoint ?? false) ||
        Number(a.state?.isExample ?? false) - Number(b.state?.isExample ?? false) ||
        byCodePoint(b.state?.startedAt ?? '', a.state?.startedAt ?? ''),
    )
    .map(({ item }) => item);
  return [...items.filter(({ kind }) => kind !== 'run'), ...runItems];
}
