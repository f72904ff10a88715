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

/** Chooses a run or weights, for all rooms. A run that is on show beside the chosen one changes places with it. */
export function choose({ kind, name }: Pick<StudioItem, 'kind' | 'name'>): void {
  const { run, with: others = [] } = query.value;
  if (kind === 'weights') setQuery({ weights: name, with: others });
  else if (run === undefined || !others.includes(name)) setQuery({ run: name, with: others });
  else setQuery({ run: name, with: others.map((other) => (other === name ? run : other)) });
}
