import type { StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useAnswer } from '../parts/answer.ts';
import { chosenData, itemsVersion } from './state.ts';

/** What there is, of a kind or of all: named on the command line, bundled, or made in the studio. */
export function useItems(kind?: StudioItem['kind']): {
  readonly items: readonly StudioItem[] | undefined;
  readonly error: string | undefined;
} {
  const { value, error } = useAnswer(`items ${itemsVersion.value}`, (engine, signal) =>
    engine.call('items', [], { signal }),
  );
  return { items: value?.filter((item) => kind === undefined || item.kind === kind), error };
}

/** The data that the rooms work with: the chosen one, or the first. */
export function useChosenData(): string | undefined {
  const { items } = useItems('data');
  const chosen = chosenData.value;
  return items?.find(({ id }) => id === chosen)?.id ?? items?.[0]?.id;
}

export function ChooseData(): JSX.Element | null {
  const id = useId();
  const { items, error } = useItems('data');
  const chosen = useChosenData();
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (items === undefined) return null;
  if (items.length === 0) return <p>There are no pictures yet: add some below.</p>;
  return (
    <p class="choose">
      <label for={id}>Pictures</label>{' '}
      <select
        id={id}
        value={chosen}
        onChange={(event) => {
          chosenData.value = event.currentTarget.value;
        }}
      >
        {items.map((item) => (
          <option key={item.id} value={item.id}>
            {item.name}
          </option>
        ))}
      </select>
    </p>
  );
}
