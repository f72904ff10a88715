import type { JSX } from 'preact';
import { freeChoice } from '../choice.ts';
import { choice, defaults, set, shown } from '../state.ts';
import { ControlView } from './control.tsx';
import { controls, main, type Control } from './options.ts';
import { Picker } from './picker.tsx';

/** The choice of a network, and of what it lets one set. */
export function Controls(): JSX.Element {
  const options = { ...defaults.value, ...shown.value?.options, ...choice.value.options };
  const own = controls.filter(({ option }) => option in defaults.value);
  const isFree = 'cardinality' in defaults.value;
  const free = isFree ? undefined : freeChoice(choice.value);
  const view = (control: Control) => (
    <ControlView
      key={control.option}
      control={control}
      value={options[control.option]}
      onChange={(value) => {
        set({ [control.option]: value });
      }}
    />
  );
  const others = own.filter(({ option }) => !main.has(option));
  return (
    <section class="network-controls" aria-label="Choose a network">
      <Picker />
      <p class="hint">{shown.value?.description}</p>
      <p class="buttons">
        {free !== undefined && (
          <button
            type="button"
            onClick={() => {
              choice.value = free;
            }}
          >
            Change its depth, cardinality and width
          </button>
        )}
        {Object.keys(choice.value.options).length > 0 && (
          <button
            type="button"
            onClick={() => {
              choice.value = { name: choice.value.name, options: {} };
            }}
          >
            Back to its defaults
          </button>
        )}
      </p>
      {own.filter(({ option }) => main.has(option)).map(view)}
      {others.length > 0 && (
        <details>
          <summary>More settings</summary>
          {others.map(view)}
        </details>
      )}
    </section>
  );
}
