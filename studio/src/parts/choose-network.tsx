import type { StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { choose, chosenOf, missingOf, networksOf } from './chosen.ts';

const kinds = [
  ['run', 'Runs'],
  ['weights', 'Weights'],
] as const;

/** Chooses the trained network that all rooms speak of. */
export function ChooseNetwork({ items }: { readonly items: readonly StudioItem[] }): JSX.Element {
  const networks = networksOf(items);
  const chosen = chosenOf(items);
  const missing = missingOf(items);
  return (
    <>
      <label class="field">
        Network
        <select
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
      </label>
      {missing !== undefined && chosen !== undefined && (
        <p role="status">
          {missing} is not there: this is {chosen.name}.
        </p>
      )}
    </>
  );
}
