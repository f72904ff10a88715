import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { ChooseData, useChosenData, useItems } from '../data/choose.tsx';
import { itemsVersion } from '../data/state.ts';
import { whenReady } from '../engine/engine.ts';
import { keepFiles } from '../engine/keep-files.ts';
import { choice } from '../network/state.ts';
import { messageOf } from '../parts/answer.ts';
import { count } from '../parts/numbers.ts';
import { Field } from './field.tsx';
import { More } from './more.tsx';
import { suggestions } from './networks.ts';
import { drawChosen, lookAgain, setRuns } from './runs.ts';
import { settings, set } from './settings.ts';
import { findFitting, useFitting } from './use-fitting.ts';

/** The recipe of a run by few controls, and the button that begins it. */
export function Form({ isTraining }: { readonly isTraining: boolean }): JSX.Element {
  const id = useId();
  const data = useChosenData();
  const runs = useItems('run').items ?? [];
  const weights = useItems('weights').items ?? [];
  const busy = useSignal(false);
  const error = useSignal<string | undefined>(undefined);
  const { network, epochs, begin } = settings.value;
  const chosen = suggestions.find(({ label }) => label === network);
  const fitting = useFitting(data);
  const start = async (): Promise<void> => {
    if (data === undefined) return;
    error.value = undefined;
    busy.value = true;
    try {
      const engine = await whenReady();
      const { augment, imageSize, patience, recipe, seed } = settings.value;
      // Pressed at once after other pictures were chosen, the page does not show yet how many they are.
      const step = await findFitting(engine, data);
      const { batchSize = step?.batchSize, learningRate = step?.learningRate } = settings.value;
      const { name, options } = chosen ?? choice.value;
      const run = await engine.call('train', [
        {
          ...{ data, model: { name, options }, epochs, batchSize, learningRate, augment, imageSize },
          ...{ patience, recipe, seed },
          ...(begin !== undefined && { weights: begin, head: 'reset' as const }),
        },
      ]);
      keepFiles();
      const found = await engine.call('runs', []);
      setRuns(found);
      const begun = found.find(({ id: each }) => each === run);
      if (begun !== undefined) drawChosen(begun.name);
      itemsVersion.value++;
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
    busy.value = false;
    lookAgain();
  };
  return (
    <form
      class="recipe"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <ChooseData />
      <Field
        label="Network"
        about={chosen?.about ?? `${choice.value.name}, as it is set in the room Network.`}
      >
        {(control) => (
          <select
            {...control}
            value={network}
            onChange={({ currentTarget }) => {
              set({ network: currentTarget.value });
            }}
          >
            {suggestions.map(({ label }) => (
              <option key={label}>{label}</option>
            ))}
            <option value="chosen">The one of the room Network</option>
          </select>
        )}
      </Field>
      <Field
        label="Begin with"
        about="Weights that know other pictures already learn from far fewer. Of another network they do not fit."
      >
        {(control) => (
          <select
            {...control}
            value={begin ?? ''}
            onChange={({ currentTarget: { value } }) => {
              set({ begin: value === '' ? undefined : value });
            }}
          >
            <option value="">nothing: weights by chance</option>
            {[...weights, ...runs].map((item) => (
              <option key={item.id} value={item.id}>
                {item.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field
        label="Epochs"
        about="How often it sees every picture. More takes longer and mostly gets better."
      >
        {(control) => (
          <input
            {...control}
            type="number"
            min={1}
            max={10_000}
            required
            value={epochs}
            onInput={({ currentTarget }) => {
              const { valueAsNumber } = currentTarget;
              if (Number.isInteger(valueAsNumber) && valueAsNumber > 0) set({ epochs: valueAsNumber });
            }}
          />
        )}
      </Field>
      {fitting !== undefined && (
        <p class="hint">
          {count(fitting.pictures)} training pictures are fewer than the recipe takes for one step: each step
          takes {fitting.batchSize}. More pictures make a better classifier.
        </p>
      )}
      <More />
      <p class="row">
        <button
          type="submit"
          class="main"
          disabled={busy.value || isTraining || data === undefined}
          aria-describedby={`${id}-why`}
        >
          {busy.value ? 'Beginning …' : 'Start training'}
        </button>
        <span id={`${id}-why`} class="hint">
          {isTraining && 'One run trains at a time: stop it first, or wait.'}
        </span>
      </p>
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </form>
  );
}
