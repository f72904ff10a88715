import * as Plot from '@observablehq/plot';
import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Judged } from 'cardinal-nn/studio';
import { Chart } from './chart.tsx';
import { temperature } from './state.ts';
import { precisionRecall } from './statistics.ts';

/** A class against all others: how many of its pictures are found, and how many of those found are right. */
export function Classes({ judged }: { readonly judged: Judged }): JSX.Element {
  const label = useSignal(0);
  const options = useComputed((): Plot.PlotOptions => {
    const points = precisionRecall(judged, temperature.value, label.value);
    const tickFormat = (share: number): string => `${Math.round(100 * share)} %`;
    return {
      ...{ width: 400, height: 320, marginLeft: 52, marginRight: 24, marginBottom: 38 },
      x: {
        label: 'found of the class',
        labelAnchor: 'center',
        labelArrow: 'none',
        domain: [0, 1],
        tickFormat,
      },
      y: { label: 'right of those found', domain: [0, 1], tickFormat, grid: true },
      marks: [Plot.line(points, { x: 'recall', y: 'precision', stroke: 'var(--right)', strokeWidth: 2 })],
    };
  });
  return (
    <section>
      <h2>By class</h2>
      <label>
        Class{' '}
        <select
          value={label.value}
          onChange={({ currentTarget }) => (label.value = Number(currentTarget.value))}
        >
          {judged.classes.map((name, k) => (
            <option key={k} value={k}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Chart
        name={`class-${label.value}`}
        title={`Precision by recall of ${judged.classes[label.value]}`}
        options={options.value}
      />
    </section>
  );
}
