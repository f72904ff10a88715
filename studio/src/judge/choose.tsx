import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { SplitName, StudioItem } from 'cardinal-nn/studio';
import { engine } from '../engine/engine.ts';
import { ChooseNetwork } from '../parts/choose-network.tsx';
import { chosenOf } from '../parts/chosen.ts';
import { progress, start, stop } from './state.ts';

const splits: readonly (readonly [SplitName, string])[] = [
  ['test', 'Test'],
  ['val', 'Validation'],
  ['train', 'Training (it has seen these)'],
];

/** Which weights are judged, on which pictures. */
export function Choose(): JSX.Element {
  const items = useSignal<readonly StudioItem[]>([]);
  const data = useSignal('');
  const split = useSignal<SplitName>('test');
  useSignalEffect(() => {
    if (engine.value.kind !== 'ready') return;
    void engine.value.engine.call('items', []).then((found) => {
      items.value = found;
      data.value = found.find(({ kind }) => kind === 'data')?.id ?? '';
    });
  });
  const weights = chosenOf(items.value)?.id;
  if (engine.value.kind === 'ready' && items.value.length > 0 && weights === undefined)
    return <p>There is no trained network yet. Train one in the room Train, then judge it here.</p>;
  const isBusy = progress.value !== undefined;
  return (
    <form
      class="judge-choose"
      onSubmit={(event) => {
        event.preventDefault();
        if (weights !== undefined) void start({ weights, data: data.value, split: split.value });
      }}
    >
      <ChooseNetwork items={items.value} />
      <label class="field">
        Pictures
        <select value={data.value} onChange={({ currentTarget }) => (data.value = currentTarget.value)}>
          {items.value
            .filter(({ kind }) => kind === 'data')
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </select>
      </label>
      <label class="field">
        Which of them
        <select
          value={split.value}
          onChange={({ currentTarget }) => (split.value = currentTarget.value as SplitName)}
        >
          {splits.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={isBusy || weights === undefined || data.value === ''}>
        Judge
      </button>
      {progress.value && (
        <>
          <progress value={progress.value[0]} max={progress.value[1]} aria-label="Pictures classified" />
          <button type="button" onClick={stop}>
            Stop
          </button>
        </>
      )}
    </form>
  );
}
