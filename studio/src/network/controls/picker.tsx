import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { choice, chosenName, opened } from '../state.ts';
import { ask } from '../work/ask.ts';
import type { Listed } from '../work/service.ts';

/** All networks of the registry by family, and a search among them. */
export function Picker(): JSX.Element {
  const id = useId();
  const all = useSignal<readonly Listed[]>([]);
  const search = useSignal('');
  useSignalEffect(() => {
    ask('list').then(
      (list) => {
        all.value = list;
      },
      // The network itself says that nothing can be counted.
      () => undefined,
    );
  });
  const families = useComputed(() => {
    const words = search.value.toLowerCase().split(/\s+/);
    const found = all.value.filter(({ name, family }) => {
      const text = `${name} ${family}`.toLowerCase();
      return name === chosenName.value || words.every((word) => text.includes(word));
    });
    return [...Map.groupBy(found, ({ family }) => family)];
  });
  const found = useComputed(() => families.value.reduce((sum, [, members]) => sum + members.length, 0));
  return (
    <div class="network-picker">
      <div class="field">
        <label for={`${id}-search`}>Search</label>
        <input
          id={`${id}-search`}
          type="search"
          placeholder="resnext, attention, cifar …"
          value={search}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="field">
        <label for={id}>
          Network <span class="hint">({found} to choose from)</span>
        </label>
        <select
          id={id}
          value={chosenName.value}
          onChange={(event) => {
            opened.value = new Set();
            choice.value = { name: event.currentTarget.value, options: {} };
          }}
        >
          {families.value.map(([family, members]) => (
            <optgroup key={family} label={family}>
              {members.map(({ name }) => (
                <option key={name} value={name} selected={name === chosenName.value}>
                  {name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </div>
    </div>
  );
}
