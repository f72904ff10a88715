import type { RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { mostOpened, opened } from './state.ts';
import { colourOf } from './colours.ts';

interface RunListProps {
  readonly runs: readonly RunState[];
  /** Those on show. */
  readonly ids: readonly string[];
}

/** All runs, to choose which of them are on show. */
export function RunList({ runs, ids }: RunListProps): JSX.Element {
  return (
    <fieldset class="run-list">
      <legend>Runs, up to {mostOpened} side by side</legend>
      <ul>
        {runs.map(({ id, name, model, training, startedAt }) => {
          const isOpen = ids.includes(id);
          return (
            <li key={id}>
              <label>
                <input
                  type="checkbox"
                  checked={isOpen}
                  disabled={!isOpen && ids.length >= mostOpened}
                  onChange={() => {
                    opened.value = isOpen ? ids.filter((each) => each !== id) : [...ids, id];
                  }}
                />
                <span class="swatch" style={{ background: isOpen ? colourOf(ids.indexOf(id)) : 'none' }} />
                {name}
                <span class="hint">
                  {[
                    model,
                    startedAt?.slice(0, 16).replace('T', ' '),
                    training === 'no' ? undefined : 'training',
                  ]
                    .filter((part) => part !== undefined)
                    .join(', ')}
                </span>
              </label>
            </li>
          );
        })}
      </ul>
    </fieldset>
  );
}
