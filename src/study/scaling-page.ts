import * as Plot from '@observablehq/plot';
import { largest } from '../base/extremes.ts';
import type { ScalingPoint } from '../cost/scaling.ts';
import { bytes, count, digits3, percent } from '../report/format.ts';
import { html, type Html } from '../report/html.ts';
import { page, section, settingRows } from '../report/parts.ts';
import { chart } from '../report/plot.ts';
import { figure, lineKey, lookOf } from './charts.ts';
import { studyStyle } from './page.ts';

/** Weak-scaling efficiency that so many ranks were measured to have. */
export interface MeasuredEfficiency {
  readonly ranks: number;
  readonly efficiency: number;
}

/** What a forecast of training on many ranks is of, and what it came to. */
export interface ScalingForecast {
  readonly model: string;
  /** Pictures of one rank in a step. */
  readonly batch: number;
  /** Seconds that a rank computes for a step. */
  readonly computeSeconds: number;
  /** Where that is from, in words. */
  readonly computeSource: string;
  /** Bytes that each of two ranks gives to be added up in a step, and in how many sums. */
  readonly summedBytes: number;
  readonly sums: number;
  /** Microseconds until a message begins to arrive. */
  readonly latency: number;
  readonly points: readonly ScalingPoint[];
  /** More numbers of ranks than are asked for, so that curves are smooth. */
  readonly curve: readonly ScalingPoint[];
  /** What so many ranks reached. */
  readonly measured: readonly MeasuredEfficiency[];
  /** The command that repeats it. */
  readonly command: string;
}

/** A forecast as one HTML page that needs nothing beside itself. */
export function renderScaling(forecast: ScalingForecast): string {
  const { model, batch, points } = forecast;
  const body = html`<header>
      <h1>${model} on many ranks: a forecast</h1>
      <p>${count(batch)} pictures a rank in each step, whose number the ranks multiply</p>
    </header>
    <main>
      ${section('Efficiency', undefined, efficiencyChart(forecast))}
      ${section(
        'Figures',
        'Efficiency: of the pictures that so many ranks would train on if none ever waited for a sum, the share that they do. Pictures a second are of all ranks.',
        table(points, batch),
      )}
      ${section('The model', modelLead, settings(forecast))}
      ${section('The command', undefined, html`<pre>${forecast.command}</pre>`)}
    </main>
    <footer>
      Made by Cardinal. A forecast, not a measurement: hosts that differ or share a network are slower.
    </footer>`;
  return page(`${model} on many ranks: a forecast`, studyStyle, body);
}

const modelLead =
  'A message of n bytes takes α + n·β. A sum goes around a ring or up and down a tree, whichever is faster for its size; sums use the network one after the other, in the order in which the backward pass completes them, while it goes on. What is not done when it is needed is waited for.';

function settings({ computeSeconds, computeSource, sums, summedBytes, latency }: ScalingForecast): Html {
  return settingRows([
    ['computing, a step', `${digits3(1000 * computeSeconds)} ms (${computeSource})`],
    ['sums of two ranks, a step', `${count(sums)} of ${bytes(summedBytes)} in all`],
    ['latency α', `${digits3(latency)} µs`],
  ]);
}

function table(points: readonly ScalingPoint[], batch: number): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${[
            'ranks',
            'pictures a step',
            'Gbit/s',
            'efficiency',
            'pictures/s',
            'a step, ms',
            'waiting, ms',
            'hidden',
          ].map((title) => html`<th scope="col" class="n">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${points.map(
          ({ ranks, gigabits, time, efficiency }) =>
            html`<tr>
              ${[
                count(ranks),
                count(ranks * batch),
                String(gigabits),
                percent(efficiency, 1),
                digits3((ranks * batch) / time.total),
                digits3(1000 * time.total),
                digits3(1000 * time.waiting),
                hiddenShare(time),
              ].map((cell) => html`<td class="n">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Of the time that the network is busy, the share in which the rank computes. */
export function hiddenShare({ communication, waiting }: ScalingPoint['time']): string {
  return communication === 0 ? '–' : percent(1 - waiting / communication, 0);
}

function efficiencyChart({ points, curve, measured }: ScalingForecast): Html {
  const bandwidths = [...new Set(points.map(({ gigabits }) => gigabits))];
  const rows = (all: readonly ScalingPoint[], wanted: number) =>
    all
      .filter(({ gigabits }) => gigabits === wanted)
      .map(({ ranks, efficiency }) => ({ ranks, efficiency: 100 * efficiency }));
  const dots = measured.map(({ ranks, efficiency }) => ({ ranks, efficiency: 100 * efficiency }));
  const highest = largest(
    dots.map(({ efficiency }) => efficiency),
    100,
  );
  const drawn = chart(
    {
      ...{ width: 640, height: 340, marginLeft: 52, marginRight: 24, marginBottom: 42 },
      x: {
        type: 'log',
        base: 2,
        label: 'ranks',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: String,
      },
      y: { label: null, grid: true, domain: [0, highest], tickFormat: (share: number) => `${share} %` },
      marks: [
        ...bandwidths.flatMap((gigabits, index) => {
          const { color, dash, symbol } = lookOf(index);
          return [
            Plot.line(rows(curve, gigabits), { x: 'ranks', y: 'efficiency', stroke: color, strokeWidth: 2, strokeDasharray: dash }), // prettier-ignore
            Plot.dot(rows(points, gigabits), { x: 'ranks', y: 'efficiency', stroke: color, strokeWidth: 2, symbol, r: 4.5 }), // prettier-ignore
          ];
        }),
        Plot.dot(dots, { x: 'ranks', y: 'efficiency', stroke: 'currentColor', strokeWidth: 2, symbol: 'times', r: 5 }), // prettier-ignore
      ],
    },
    `Efficiency over the number of ranks at ${bandwidths.join(', ')} Gbit/s`,
  );
  return figure(
    'Weak-scaling efficiency',
    html`${bandwidths.map((gigabits, index) => lineKey(`${gigabits} Gbit/s`, index))}${measured.length === 0 ? '' : html`<span>×: measured</span>`}`,
    drawn,
  );
}
