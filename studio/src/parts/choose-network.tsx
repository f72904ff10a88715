import type { StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { choose, chosenOf, missingOf, networksOf } from './chosen.ts';

const kinds = [
  ['run', 'Runs'],
  ['weights', 'Weights'],
] as const;

/** Chooses the trained network that all rooms speak of. */
export function ChooseNetwork({ items }: { readonly items: readonly StudioItem[] }): JSX.Element {
  const id = useId();
  const networks = networksOf(items);
  const chosen = chosenOf(items);
  const missing = missingOf(items);
  return (
    <>
      <div class="field">
        <label for={id}>Network</label>
        <select
          id={id}
          value={chosen?.id}
          onChange={({ currentTarget }) => {
            const item = networks.find(({ id }) => id === currentTarget.value);
            if (item !== undefined) choose(item);
          }}
        >
          {kinds.map(([kind, title]) => {
            const some = networks.filter((item) => item.kind === kind);
            if (some.length === 0) return null;
            return (
              <optgroup key={kind} label={title}>
                {some.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </optgroup>
            );
          })}
        </select>
      </div>
      {missing !== undefined && chosen !== undefined && (
        <p role="status">
          {missing} is not there: this is {chosen.name}.
        </p>
      )}
    </>
  );
}
