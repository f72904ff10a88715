import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { bytes, count, short } from '../parts/numbers.ts';
import { fault, shown } from './state.ts';
import type { Shown } from './work/service.ts';

/** What the chosen network costs. */
export function Costs(): JSX.Element {
  const isCounted = useComputed(() => shown.value !== undefined);
  return (
    <section class="network-costs" aria-label="Cost">
      {fault.value !== undefined && <p role="alert">{fault.value}</p>}
      {isCounted.value ? (
        <dl class="figures">
          {figures.map((figure) => (
            <Figure key={figure.term} {...figure} />
          ))}
        </dl>
      ) : (
        <p aria-busy="true">Counting …</p>
      )}
    </section>
  );
}

interface FigureProps {
  readonly term: string;
  readonly text: (own: Shown) => string;
  readonly note: (own: Shown) => string;
}

const figures: readonly FigureProps[] = [
  {
    term: 'Parameters',
    text: ({ parameters }) => count(parameters),
    note: ({ parameters }) => bytes(4 * parameters),
  },
  {
    term: 'MACs for a picture',
    text: ({ macs }) => short(macs),
    note: ({ inputShape }) => `of ${inputShape.join('×')}, weights only`,
  },
  {
    term: 'Activations',
    text: ({ activations }) => short(activations),
    note: () => 'outputs of convolutions',
  },
];

/** Its texts change by themselves while a control is dragged: signals that stand in elements need no drawing anew. */
function Figure({ term, text, note }: FigureProps): JSX.Element {
  const figure = useComputed(() => shown.value && text(shown.value));
  const about = useComputed(() => shown.value && note(shown.value));
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        <strong>{figure}</strong> <span class="hint">{about}</span>
      </dd>
    </div>
  );
}
