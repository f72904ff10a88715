import * as Plot from '@observablehq/plot';
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { percent } from '../parts/numbers.ts';
import { Chart } from './chart.tsx';
import { findTemperature, judged, keepTemperature, reliability, temperature } from './state.ts';

/** How far probabilities can be believed, and the temperature that mends it. */
export function Trust(): JSX.Element | null {
  const options = useComputed((): Plot.PlotOptions => {
    const bins = reliability.value?.bins.filter(({ pictures }) => pictures > 0) ?? [];
    const tickFormat = (share: number): string => `${Math.round(100 * share)} %`;
    return {
      ...{ width: 400, height: 320, marginLeft: 52, marginRight: 24, marginBottom: 38 },
      x: { label: 'how sure it is', labelAnchor: 'center', labelArrow: 'none', domain: [0, 1], tickFormat },
      y: { label: null, domain: [0, 1], tickFormat, grid: true },
      marks: [
        Plot.rect(bins, { x1: 'from', x2: 'to', y1: 0, y2: 'accuracy', fill: 'var(--right)', inset: 0.5 }),
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeDasharray: '4 4' },
        ),
      ],
    };
  });
  const found = reliability.value;
  if (found === undefined) return null;
  const saved = judged.value?.found.temperature ?? 1;
  return (
    <section>
      <h2>How sure it is, and how often right</h2>
      <p>
        Bars that end on the dashed line are as often right as the network is sure. The gap is{' '}
        {percent(found.ece)} on average (expected calibration error). A temperature above 1 makes it less
        sure; which class is likeliest never changes. Find it on validation pictures, and keep test pictures
        for what is measured.
      </p>
      <Chart name="reliability" title="How often it is right, by how sure it is" options={options.value} />
      <div class="judge-tools">
        <label>
          Temperature {temperature.value.toFixed(2)}{' '}
          <input
            type="range"
            min="-2"
            max="2"
            step="0.01"
            value={Math.log2(temperature.value)}
            aria-valuetext={temperature.value.toFixed(2)}
            onInput={({ currentTarget }) => (temperature.value = 2 ** Number(currentTarget.value))}
          />
        </label>
        <button type="button" onClick={findTemperature}>
          Find the best
        </button>
        <button type="button" disabled={temperature.value === saved} onClick={() => void keepTemperature()}>
          Save with the network
        </button>
      </div>
    </section>
  );
}
