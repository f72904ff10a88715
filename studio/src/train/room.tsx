import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { hrefOf } from '../address.ts';
import '../data/data.css';
import { Charts } from './charts.tsx';
import { Form } from './form.tsx';
import { Legend } from './legend.tsx';
import { Missing } from './missing.tsx';
import { RunCards } from './run-cards.tsx';
import { RunList } from './run-list.tsx';
import { drawn, runs, runsError, useRuns, wanted } from './runs.ts';
import { shownNow } from './shown.ts';
import { SideBySide } from './side-by-side.tsx';
import { Strip } from './strip.tsx';
import './train.css';
import { useWatched } from './watch.ts';

export function TrainRoom(): JSX.Element {
  useRuns();
  useWatched(drawn.value.map(({ id }) => id));
  const charts = useRef<HTMLElement>(null);
  const shown = useComputed(shownNow);
  const chosen = shown.value.find(({ run }) => run.name === wanted.value[0]) ?? shown.value.at(0);
  const all = runs.value;
  return (
    <>
      {runsError.value !== undefined && <p role="alert">{runsError.value}</p>}
      <Form isTraining={(all ?? []).some(({ training }) => training === 'here')} />
      {all?.length === 0 && <p>There are no runs yet. Those of the command line appear here too.</p>}
      {all !== undefined && all.length > 0 && <RunList />}
      <Missing />
      {chosen !== undefined && (
        <>
          <RunCards shown={shown.value} chosen={chosen.run.name} />
          <section ref={charts} aria-label="Charts of the runs">
            <Legend shown={shown.value} chosen={chosen.run.name} charts={charts} />
            <Charts shown={shown} />
          </section>
          <Strip key={chosen.run.id} run={chosen.run} done={chosen.curves.done} />
          {chosen.run.hasCheckpoint && (
            <p class="row">
              <a class="main" href={hrefOf('use')}>
                Use it
              </a>
              <a href={hrefOf('judge')}>See where it is wrong</a>
              <a href={hrefOf('inside')}>Look inside</a>
            </p>
          )}
        </>
      )}
      <SideBySide shown={shown.value} />
    </>
  );
}
