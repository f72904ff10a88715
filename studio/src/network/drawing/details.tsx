import type { JSX } from 'preact';
import { selected } from '../state.ts';
import { detailsOf, titleOf } from '../words.ts';

/** All numbers of the part that is looked at. */
export function Details(): JSX.Element {
  const part = selected.value;
  if (part === undefined) return <></>;
  return (
    <section class="card network-details" tabIndex={0} aria-label="Details of the part">
      <h3>{titleOf(part)}</h3>
      <dl>
        {detailsOf(part).map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
