import { useComputed } from '@preact/signals';
import type { RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { count } from '../parts/numbers.ts';
import { everything, filter, filtered } from './filter.ts';
import { Filters } from './filters.tsx';
import { mostDrawn } from './look.ts';
import { draw, drawn, runs } from './runs.ts';
import { standingOf, standings } from './words.ts';

/** All runs, to choose which of them are drawn. */
export function RunList(): JSX.Element {
  const listed = useComputed(() => filtered(runs.value ?? [], filter.value)).value;
  const all = runs.value ?? [];
  const names = drawn.value.map(({ name }) => name);
  const isFull = names.length >= mostDrawn;
  const toggle = ({ name }: RunState): void => {
    draw(names.includes(name) ? names.filter((each) => each !== name) : [...names, name]);
  };
  return (
    <fieldset class="run-list">
      <legend>Runs</legend>
      {all.length > 1 && <Filters runs={all} />}
      <p role="status" class="hint">
        {wordsOn(all, listed, names)}
      </p>
      {listed.length > 1 && (
        <p class="row">
          <button
            type="button"
            onClick={() => {
              draw(listed.map(({ name }) => name));
            }}
          >
            {listed.length > mostDrawn ? `Draw the first ${mostDrawn}` : `Draw all ${listed.length}`}
          </button>
          {names.length > 1 && (
            <button
              type="button"
              onClick={() => {
                draw(names.slice(0, 1));
              }}
            >
              Draw {names[0]} alone
            </button>
          )}
        </p>
      )}
      <ul>
        {listed.map((run) => {
          const isDrawn = names.includes(run.name);
          return (
            <li key={run.id}>
              <label>
                <input
                  type="checkbox"
                  checked={isDrawn}
                  disabled={!isDrawn && isFull}
                  onChange={() => {
                    toggle(run);
                  }}
                />
                {run.name}
                <span class="hint">
                  {[run.model, run.startedAt?.slice(0, 16).replace('T', ' '), standings[standingOf(run)]]
                    .filter((part) => part !== undefined)
                    .join(', ')}
                </span>
              </label>
            </li>
          );
        })}
      </ul>
      {listed.length === 0 && (
        <p>
          No run is like that.{' '}
          <button
            type="button"
            onClick={() => {
              filter.value = everything;
            }}
          >
            List all
          </button>
        </p>
      )}
    </fieldset>
  );
}

/** How many are listed, and what of them is not drawn. */
function wordsOn(all: readonly RunState[], listed: readonly RunState[], names: readonly string[]): string {
  const drawnListed = listed.filter(({ name }) => names.includes(name)).length;
  const rest = listed.length - drawnListed;
  const others = names.length - drawnListed;
  const of = listed.length === all.length ? '' : ` of ${count(all.length)}`;
  const parts = [`${count(listed.length)}${of} listed, ${count(drawnListed)} drawn below`];
  if (rest > 0) parts.push(`${count(rest)} not drawn`);
  if (others > 0) parts.push(`${count(others)} drawn that the filter leaves out here`);
  if (names.length >= mostDrawn)
    parts.push(`no more than ${mostDrawn} are drawn at a time: take one away for another`);
  return `${parts.join('; ')}.`;
}
