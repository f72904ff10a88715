import type { JSX } from 'preact';
import { bytes, count, short } from '../parts/numbers.ts';
import { fault, shown } from './state.ts';

/** What the chosen network costs, beside those of the paper's tables. */
export function Costs(): JSX.Element {
  const own = shown.value;
  return (
    <section class="network-costs" aria-label="Cost">
      {fault.value !== undefined && <p role="alert">{fault.value}</p>}
      {own === undefined ? (
        <p aria-busy="true">Counting …</p>
      ) : (
        <dl class="figures">
          <Figure term="Parameters" text={count(own.parameters)} note={bytes(4 * own.parameters)} />
          <Figure
            term="MACs for a picture"
            text={short(own.macs)}
            note={`of ${own.inputShape.join('×')}, weights only`}
          />
          <Figure term="Activations" text={short(own.activations)} note="outputs of convolutions" />
        </dl>
      )}
    </section>
  );
}

function Figure({
  term,
  text,
  note,
}: {
  readonly term: string;
  readonly text: string;
  readonly note: string;
}): JSX.Element {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        <strong>{text}</strong> <span class="hint">{note}</span>
      </dd>
    </div>
  );
}
