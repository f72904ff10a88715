import type { JSX } from 'preact';
import { CutOffRun } from './cut-off.tsx';
import { engine } from './engine.ts';

const where = { machine: 'This machine', page: 'In this page' } as const;

/** What computes, at the page's head; an alert when it is lost. */
export function EngineBanner(): JSX.Element {
  const state = engine.value;
  return (
    <div class="engine">
      <p role="status">
        {state.kind === 'ready' && `${where[state.about.where]}: ${state.about.engine}`}
        {state.kind === 'connecting' && 'Looking for what computes …'}
      </p>
      {state.kind === 'ready' && state.about.notes.map((note) => <p key={note}>{note}</p>)}
      {state.kind === 'ready' && <CutOffRun />}
      {state.kind === 'lost' && <p role="alert">{state.message}</p>}
    </div>
  );
}
