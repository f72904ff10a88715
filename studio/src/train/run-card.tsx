import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { bytes, percent, short } from '../parts/numbers.ts';
import type { Shown } from './charts.tsx';
import { GoOn } from './go-on.tsx';
import { lookAgain } from './runs.ts';
import { Swatch } from './swatch.tsx';
import { duration, storyOf } from './words.ts';

/** How a run stands, and buttons to stop it or go on. */
export function RunCard({ run, look, curves }: Shown): JSX.Element {
  const error = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const { text, isBad } = storyOf(run, curves);
  const { now, last, best, programBytes } = curves;
  const stop = async (): Promise<void> => {
    error.value = undefined;
    busy.value = true;
    try {
      await (await whenReady()).call('stop', [{ run: run.id }]);
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
    busy.value = false;
    lookAgain();
  };
  return (
    <section class="card" aria-label={`Run ${run.name}`}>
      <h2>
        <Swatch look={look} /> {run.name}
      </h2>
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
            {programBytes !== undefined && `; ${bytes(programBytes)} of memory`}
          </p>
        </>
      )}
      {last?.top1 !== undefined && (
        <p>
          {percent(last.top1)} of the validation pictures are right after epoch {last.epoch}
          {best?.top1 !== undefined && best.epoch < last.epoch
            ? `; the best were ${percent(best.top1)} after epoch ${best.epoch}.`
            : '.'}
        </p>
      )}
      {run.training === 'here' && (
        <p class="row">
          <button type="button" disabled={busy.value} onClick={() => void stop()}>
            {busy.value ? 'Stopping …' : `Stop ${run.name}`}
          </button>
        </p>
      )}
      {run.training === 'no' && <GoOn run={run} curves={curves} />}
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </section>
  );
}
