import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { freeChoice } from '../choice.ts';
import { choice, defaults, shown } from '../state.ts';
import { ControlView } from './control.tsx';
import { controls, main, type Control } from './options.ts';
import { Picker } from './picker.tsx';

/** The choice of a network, and of what it lets one set. */
export function Controls(): JSX.Element {
  const own = controls.filter(({ option }) => option in defaults.value);
  const others = own.filter(({ option }) => !main.has(option));
  const description = useComputed(() => shown.value?.description);
  const view = (control: Control) => <ControlView key={control.option} control={control} />;
  return (
    <section class="network-controls" aria-label="Choose a network">
      <Picker />
      <p class="hint">{description}</p>
      <Steps />
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

/** To a network that can be changed freely, and back to the defaults. */
function Steps(): JSX.Element {
  const canBeFree = useComputed(
    () => !('cardinality' in defaults.value) && freeChoice(choice.value) !== undefined,
  );
  const isChanged = useComputed(() => Object.keys(choice.value.options).length > 0);
  return (
    <p class="buttons">
      {canBeFree.value && (
        <button
          type="button"
          onClick={() => {
            choice.value = freeChoice(choice.peek()) ?? choice.peek();
          }}
        >
          Change its depth, cardinality and width
        </button>
      )}
      {isChanged.value && (
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
  );
}
