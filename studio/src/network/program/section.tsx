import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { PlanTimeline } from 'cardinal-nn/backends';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { bytes, percent, short } from '../../parts/numbers.ts';
import { Range } from '../../parts/range.tsx';
import { choice } from '../state.ts';
import { ask } from '../work/ask.ts';
import { Newest, type Answer } from '../work/newest.ts';
import type { ProgramAsked } from '../work/service.ts';
import { spansOf } from './chart.ts';
import { Chart, sorts } from './chart.tsx';

/** The program that a network becomes: which memory is in use when, and where the work is. Planned when it is opened. */
export function ProgramSection(): JSX.Element {
  const isOpen = useSignal(false);
  return (
    <section aria-labelledby="program-title">
      <h2 id="program-title">Its program</h2>
      <p class="hint">
        Before a network runs, it is planned: every step, and where in memory each tensor lies. Here is such a
        plan.
      </p>
      <details
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary>Memory and work, step by step</summary>
        {isOpen.value && <Program />}
      </details>
    </section>
  );
}

function Program(): JSX.Element {
  const training = useSignal(true);
  const lean = useSignal(false);
  const batch = useSignal(8);
  const answer = useSignal<Answer<PlanTimeline> | undefined>(undefined);
  const asking = useRef<Newest<ProgramAsked, PlanTimeline>>(undefined);
  asking.current ??= new Newest(
    (asked) => ask('program', asked),
    (told) => {
      answer.value = told;
    },
  );
  const asked = useComputed((): ProgramAsked => ({
    ...{ choice: choice.value, batch: batch.value, training: training.value },
    checkpointActivations: training.value && lean.value,
  }));
  useSignalEffect(() => {
    asking.current?.ask(asked.value);
  });
  return (
    <>
      <div class="program-settings">
        <Check label="Training (otherwise prediction)" value={training} />
        {training.value && <Check label="Compute activations again instead of keeping them" value={lean} />}
        <Range
          label="Pictures at once"
          values={[1, 2, 4, 8, 16, 32, 64]}
          value={batch.value}
          onChange={(value) => {
            batch.value = value;
          }}
        />
      </div>
      {answer.value === undefined && <p aria-busy="true">Planning …</p>}
      {answer.value !== undefined && 'error' in answer.value && <p role="alert">{answer.value.error}</p>}
      {answer.value !== undefined && 'value' in answer.value && <Planned timeline={answer.value.value} />}
    </>
  );
}

function Check({
  label,
  value,
}: {
  readonly label: string;
  readonly value: { value: boolean };
}): JSX.Element {
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
}

function Planned({ timeline }: { readonly timeline: PlanTimeline }): JSX.Element {
  return (
    <>
      <p>
        <strong>{bytes(timeline.peakBytes)}</strong> of memory, {timeline.steps.length} steps,{' '}
        {timeline.buffers.length} buffers.
      </p>
      <ul class="program-legend" aria-label="Colours">
        {sorts.map(([title], index) => (
          <li key={title} class={`sort${index}`}>
            {title}
          </li>
        ))}
      </ul>
      <Chart timeline={timeline} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Parts of the program">
        <table>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Steps</th>
              <th scope="col">MACs</th>
              <th scope="col">Of the work</th>
              <th scope="col">Memory in use</th>
            </tr>
          </thead>
          <tbody>
            {spansOf(timeline).map(({ title, steps, macs, share, peakBytes }, index) => (
              <tr key={index}>
                <th scope="row">{title}</th>
                <td>{steps}</td>
                <td>{macs === 0 ? '–' : short(macs)}</td>
                <td>{percent(share)}</td>
                <td>{bytes(peakBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        Work is the plan's own guess, from MACs and passes over memory. An engine's times differ.
      </p>
    </>
  );
}
