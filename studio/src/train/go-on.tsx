import { useSignal } from '@preact/signals';
import type { RunCurves, RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { lookAgain } from './runs.ts';

/** Continues a run that has ended: as it was, for more epochs if it has done all, or with more patience if it lost that. */
export function GoOn({
  run,
  curves,
}: {
  readonly run: RunState;
  readonly curves: RunCurves;
}): JSX.Element | null {
  const id = useId();
  const error = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const more = useSignal<number | undefined>(undefined);
  const { done, end } = curves;
  if (!run.hasCheckpoint || run.isExample === true) return null;
  // The same steps would come to the same.
  if (end?.reason === 'not-finite') return null;
  const isEarly = end?.reason === 'stopped-early';
  const isDone = run.epochs !== undefined && done >= run.epochs;
  const amount = more.value ?? (isEarly ? 2 * Number(run.settings['patience'] ?? 5) : 5);
  const goOn = async (): Promise<void> => {
    error.value = undefined;
    busy.value = true;
    const changes = isEarly ? { patience: amount } : isDone ? { epochs: done + amount } : {};
    try {
      await (await whenReady()).call('resume', [{ run: run.id, ...changes }]);
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
    busy.value = false;
    lookAgain();
  };
  return (
    <>
      <p class="row">
        <button type="button" disabled={busy.value} onClick={() => void goOn()}>
          {busy.value ? 'Beginning …' : `Go on with ${run.name}`}
        </button>
        {(isEarly || isDone) && (
          <label for={id}>
            {isEarly ? 'with a patience of ' : 'for '}
            <input
              id={id}
              type="number"
              min={1}
              max={10_000}
              value={amount}
              onInput={({ currentTarget: { valueAsNumber } }) => {
                more.value = Math.max(1, Math.round(valueAsNumber) || 1);
              }}
            />
            {isEarly ? ' epochs' : ' more epochs'}
          </label>
        )}
      </p>
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </>
  );
}
