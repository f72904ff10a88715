import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SplitName } from 'cardinal-nn/studio';
import { hrefOf } from '../address.ts';
import { useChosenData, useItems } from '../data/choose.tsx';
import { chosenData } from '../data/state.ts';
import { useAnswer } from '../parts/answer.ts';
import { ChooseNetwork } from '../parts/choose-network.tsx';
import { chosenOf } from '../parts/chosen.ts';
import { progress, start, stop } from './state.ts';

const splits: readonly (readonly [SplitName, string])[] = [
  ['test', 'Test'],
  ['val', 'Validation'],
  ['train', 'Training (it has seen these)'],
];

/** Which weights are judged, on which pictures. */
export function Choose(): JSX.Element | null {
  const { items, error: problem } = useItems();
  const pictures = items?.filter(({ kind }) => kind === 'data') ?? [];
  const data = useChosenData() ?? '';
  const wanted = useSignal<SplitName>('test');
  const { value: described, error } = useAnswer(data === '' ? undefined : data, (engine, signal) =>
    engine.call('describeData', [{ data }], { signal }),
  );
  // What it has not seen comes first.
  const there = splits.filter(([name]) => described?.splits[name] !== undefined);
  const split = there.some(([name]) => name === wanted.value) ? wanted.value : there.at(0)?.[0];
  if (problem !== undefined) return <p role="alert">{problem}</p>;
  if (items === undefined) return null;
  const weights = chosenOf(items)?.id;
  if (weights === undefined) {
    return (
      <p>
        There is no trained network yet: <a href={hrefOf('train')}>train one</a>, then judge it here.
      </p>
    );
  }
  const isBusy = progress.value !== undefined;
  return (
    <form
      class="judge-choose"
      onSubmit={(event) => {
        event.preventDefault();
        if (split !== undefined) void start({ weights, data, split });
      }}
    >
      <ChooseNetwork items={items} />
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
