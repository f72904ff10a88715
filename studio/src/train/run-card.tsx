import { useSignal } from '@preact/signals';
import type { RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { percent, short } from '../parts/numbers.ts';
import type { Curves } from './curves.ts';
import { lookAgain } from './state.ts';
import { duration, storyOf } from './words.ts';

interface RunCardProps {
  readonly run: RunState;
  readonly colour: string;
  readonly curves: Curves;
}

/** How a run stands, and buttons to stop it or go on. */
export function RunCard({ run, colour, curves }: RunCardProps): JSX.Element {
  const id = useId();
  const error = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const more = useSignal(5);
  const { text, isBad } = storyOf(run, curves);
  const { now } = curves;
  const last = curves.accuracy.validation.at(-1);
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    error.value = undefined;
    busy.value = true;
    try {
      await work();
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
    busy.value = false;
    lookAgain();
  };
  const stop = async (): Promise<void> => (await whenReady()).call('stop', [{ run: run.id }]);
  const goOn = async (): Promise<void> => {
    const isDone = run.epochs !== undefined && curves.done >= run.epochs;
    const epochs = isDone ? curves.done + more.value : undefined;
    await (await whenReady()).call('resume', [{ run: run.id, epochs }]);
  };
  const isDone = run.epochs !== undefined && curves.done >= run.epochs;
  return (
    <section class="card" aria-label={`Run ${run.name}`}>
      <h3>
        <span class="swatch" style={{ background: colour }} /> {run.name}
      </h3>
      <p role={isBad ? 'alert' : 'status'}>{text}</p>
      {run.training !== 'no' && now !== undefined && (
        <>
          <progress
            max={run.epochs ?? 1}
            value={Math.min(now.epochs, run.epochs ?? 1)}
            aria-label={`Epochs of ${run.name}`}
          />
          <p>
            {short(now.imagesPerSecond)} pictures/s, {percent(now.waiting)} of the time waiting for them,{' '}
            {duration(now.secondsLeft)} left
          </p>
        </>
      )}
      {last !== undefined && (
        <p>
          {percent(last.value)} of the validation pictures are right after epoch {last.epochs}.
        </p>
      )}
      <p class="row">
        {run.training === 'here' && (
          <button type="button" disabled={busy.value} onClick={() => void act(stop)}>
            {busy.value ? 'Stopping …' : `Stop ${run.name}`}
          </button>
        )}
        {run.training === 'no' && run.hasCheckpoint && run.isExample !== true && (
          <>
            <button type="button" disabled={busy.value} onClick={() => void act(goOn)}>
              {busy.value ? 'Beginning …' : `Go on with ${run.name}`}
            </button>
            {isDone && (
              <label for={id}>
                for{' '}
                <input
                  id={id}
                  type="number"
                  min={1}
                  max={10_000}
                  value={more.value}
                  onInput={({ currentTarget }) => {
                    more.value = Math.max(1, Math.round(currentTarget.valueAsNumber) || 1);
                  }}
                />{' '}
                more epochs
              </label>
            )}
          </>
        )}
      </p>
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </section>
  );
}
