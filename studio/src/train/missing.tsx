import type { JSX } from 'preact';
import { draw, missing, wanted } from './runs.ts';

/** Runs that are to be drawn and are not there: a link may name one of another machine. */
export function Missing(): JSX.Element | null {
  const names = missing.value;
  if (names.length === 0) return null;
  return (
    <div role="alert" class="row">
      <span>
        {names.join(', ')} {names.length === 1 ? 'is' : 'are'} not there any more: deleted, moved, or of
        another studio. If {names.length === 1 ? 'it comes' : 'they come'} back, this page shows{' '}
        {names.length === 1 ? 'it' : 'them'}.
      </span>
      <button
        type="button"
        onClick={() => {
          draw(wanted.value.filter((name) => !names.includes(name)));
        }}
      >
        Forget {names.length === 1 ? 'it' : 'them'}
      </button>
    </div>
  );
}
