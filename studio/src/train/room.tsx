import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { hrefOf } from '../address.ts';
import '../data/data.css';
import { Charts, type Shown } from './charts.tsx';
import { colourOf } from './colours.ts';
import { Compare } from './compare.tsx';
import { curvesOf } from './curves.ts';
import { Form } from './form.tsx';
import { RunCard } from './run-card.tsx';
import { RunList } from './run-list.tsx';
import { opened, useRuns, useWatched, watched } from './state.ts';
import { Strip } from './strip.tsx';
import './train.css';

export function TrainRoom(): JSX.Element {
  const { runs = [], error } = useRuns();
  const wanted = opened.value ?? runs.slice(0, 1).map(({ id }) => id);
  const ids = wanted.filter((id) => runs.some((run) => run.id === id));
  useWatched(ids);
  const key = ids.join('\n');
  const order = useSignal(key);
  order.value = key;
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  const shown = useComputed(() =>
    (order.value === '' ? [] : order.value.split('\n')).map((id, at): Shown => {
      const records = watched.value.get(id)?.records ?? [];
      return { id, name: names.get(id) ?? id, colour: colourOf(at), curves: curvesOf(records) };
    }),
  );
  const first = shown.value.at(0);
  const firstRun = runs.find(({ id }) => id === first?.id);
  return (
    <>
      {error !== undefined && <p role="alert">{error}</p>}
      <Form ids={ids} isTraining={runs.some(({ training }) => training === 'here')} />
      {runs.length === 0 && <p>There are no runs yet. Those of the command line appear here too.</p>}
      {runs.length > 0 && <RunList runs={runs} ids={ids} />}
      <div class="cards">
        {shown.value.map(({ id, colour, curves }) => {
          const run = watched.value.get(id)?.state ?? runs.find((each) => each.id === id);
          const failure = watched.value.get(id)?.error;
          if (run === undefined) return null;
          return (
            <div key={id}>
              <RunCard run={run} colour={colour} curves={curves} />
              {failure !== undefined && <p role="alert">{failure}</p>}
            </div>
          );
        })}
      </div>
      {shown.value.length > 0 && <Charts shown={shown} />}
      {firstRun !== undefined && first !== undefined && (
        <>
          <Strip key={firstRun.id} run={firstRun} done={first.curves.done} />
          {firstRun.hasCheckpoint && (
            <p class="row">
              <a class="main" href={hrefOf('use')}>
                Use it
              </a>
              <a href={hrefOf('judge')}>See where it is wrong</a>
            </p>
          )}
        </>
      )}
      <Compare runs={runs} shown={shown.value} />
    </>
  );
}
