import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SplitName } from 'cardinal-nn/studio';
import { hrefOf } from '../address.ts';
import { useChosenData, useItems } from '../data/choose.tsx';
import { chosenData } from '../data/state.ts';
import { useAnswer } from '../parts/answer.ts';
import { opened } from '../train/state.ts';
import { progress, start, stop } from './state.ts';

const splits: readonly (readonly [SplitName, string])[] = [
  ['test', 'Test'],
  ['val', 'Validation'],
  ['train', 'Training (it has seen these)'],
];

/** Which weights are judged, on which pictures. */
export function Choose(): JSX.Element | null {
  const runs = useItems('run');
  const weights = useItems('weights');
  const { items: pictures = [] } = useItems('data');
  const data = useChosenData() ?? '';
  const chosen = useSignal<string | undefined>(undefined);
  const wanted = useSignal<SplitName>('test');
  const { value: described, error } = useAnswer(data === '' ? undefined : data, (engine, signal) =>
    engine.call('describeData', [{ data }], { signal }),
  );
  // What it has not seen comes first.
  const there = splits.filter(([name]) => described?.splits[name] !== undefined);
  const split = there.some(([name]) => name === wanted.value) ? wanted.value : there.at(0)?.[0];
  if (runs.error !== undefined) return <p role="alert">{runs.error}</p>;
  if (runs.items === undefined || weights.items === undefined) return null;
  const networks = [...runs.items, ...weights.items];
  if (networks.length === 0) {
    return (
      <p>
        There is no trained network yet: <a href={hrefOf('train')}>train one</a>, then judge it here.
      </p>
    );
  }
  const preferred = chosen.value ?? opened.value?.[0];
  const network = networks.find(({ id }) => id === preferred)?.id ?? networks[0].id;
  const isBusy = progress.value !== undefined;
  return (
    <form
      class="judge-choose"
      onSubmit={(event) => {
        event.preventDefault();
        if (split !== undefined) void start({ weights: network, data, split });
      }}
    >
      <label class="field">
        Network
        <select value={network} onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}>
          {networks.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Pictures
        <select value={data} onChange={({ currentTarget }) => (chosenData.value = currentTarget.value)}>
          {pictures.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Which of them
        <select
          value={split}
          onChange={({ currentTarget: { value } }) => {
            wanted.value = there.find(([name]) => name === value)?.[0] ?? wanted.value;
          }}
        >
          {there.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={isBusy || split === undefined}>
        Judge
      </button>
      {error !== undefined && <p role="alert">{error}</p>}
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
