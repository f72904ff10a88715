import type { JSX } from 'preact';
import type { Shown } from './charts.tsx';
import { RunCard } from './run-card.tsx';
import { watched } from './watch.ts';

/** With more runs, those alone have a card that are chosen or train: the others are in the table. */
const mostCards = 3;

export function RunCards({
  shown,
  chosen,
}: {
  readonly shown: readonly Shown[];
  readonly chosen: string;
}): JSX.Element {
  const carded =
    shown.length <= mostCards
      ? shown
      : shown.filter(
          ({ run }) => run.name === chosen || run.training !== 'no' || failureOf(run.id) !== undefined,
        );
  const rest = shown.length - carded.length;
  return (
    <>
      <div class="cards">
        {carded.map(({ run, look, curves }) => (
          <div key={run.id}>
            <RunCard run={run} look={look} curves={curves} />
            {failureOf(run.id) !== undefined && <p role="alert">{failureOf(run.id)}</p>}
          </div>
        ))}
      </div>
      {rest > 0 && (
        <p class="hint">
          {rest} more are in the table below; choose one in the list above the charts to see its card.
        </p>
      )}
    </>
  );
}

function failureOf(id: string): string | undefined {
  return watched.value.get(id)?.error;
}
