import type { StudioItem } from 'cardinal-nn/studio';
import { query, setQuery } from '../address.ts';

/** The trained networks among items: runs and weights. */
export function networksOf(items: readonly StudioItem[]): readonly StudioItem[] {
  return items.filter(({ kind }) => kind !== 'data');
}

/** The trained network that all rooms speak of: the one that the visitor or the address names; if it is not there, the first. */
export function chosenOf(items: readonly StudioItem[]): StudioItem | undefined {
  const networks = networksOf(items);
  return networks.find(isChosen) ?? networks[0];
}

/** The name of what was chosen and is not there any more. */
export function missingOf(items: readonly StudioItem[]): string | undefined {
  const { run, weights } = query.value;
  const name = run ?? weights;
  return name === undefined || items.some(isChosen) ? undefined : name;
}

export function isChosen({ kind, name }: Pick<StudioItem, 'kind' | 'name'>): boolean {
  const { run, weights } = query.value;
  return (kind === 'run' && name === run) || (kind === 'weights' && run === undefined && name === weights);
}

/** Chooses a run or weights, for all rooms. */
export function choose({ kind, name }: Pick<StudioItem, 'kind' | 'name'>): void {
  const { with: others = [] } = query.value;
  setQuery(
    kind === 'run'
      ? { run: name, with: others.filter((other) => other !== name) }
      : { weights: name, with: others },
  );
}
