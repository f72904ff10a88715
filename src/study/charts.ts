import * as Plot from '@observablehq/plot';
import { largest } from '../base/extremes.ts';
import { html, type Html } from '../report/html.ts';
import { chart } from '../report/plot.ts';
import type { Outcome } from './outcome.ts';
import type { PlannedArm, StudyPlan } from './plan.ts';
import { estimate, valuesOf } from './statistics.ts';
import type { ChartName, Measure } from './study.ts';

/** Every arm has a colour, a dash and a symbol, so that no information depends on colour alone. */
export const looks = [
  { color: 'var(--s1)', dash: 'none', symbol: 'circle' },
  { color: 'var(--s2)', dash: '7 3', symbol: 'square' },
  { color: 'var(--s3)', dash: '2 3', symbol: 'triangle' },
  { color: 'var(--s4)', dash: '9 3 2 3', symbol: 'diamond' },
  { color: 'var(--s5)', dash: '4 2', symbol: 'star' },
  { color: 'var(--s6)', dash: '1 2', symbol: 'cross' },
  { color: 'var(--s7)', dash: '12 3', symbol: 'wye' },
] as const;

export function lookOf(index: number): (typeof looks)[number] {
  return looks[index % looks.length];
}

/** The charts that a study asks for. */
export function drawCharts(plan: StudyPlan, outcomes: readonly Outcome[]): Html[] {
  const [measure] = plan.study.measures;
  const draw: Record<ChartName, () => readonly (Html | undefined)[]> = {
    measure: () => [measureChart(plan, outcomes, measure), publishedChart(plan)],
    curves: () => [curveChart(plan, outcomes, 'trainError'), curveChart(plan, outcomes, 'testError')],
    parameters: () => [parameterChart(plan, outcomes, measure)],
  };
  return plan.study.charts.flatMap((name) => draw[name]()).filter((drawn) => drawn !== undefined);
}

const height = 290;
const frame = {
  width: 480,
  height,
  marginLeft: 52,
  marginRight: 16,
  marginTop: 14,
  marginBottom: 42,
} as const;

/** One row for each arm: every run as a tick, the mean as a dot, its standard error as a bar. */
function measureChart(
  { arms, study }: StudyPlan,
  outcomes: readonly Outcome[],
  { key, label, unit }: Measure,
): Html | undefined {
  const runs = arms.flatMap(({ arm }) =>
    valuesOf(outcomes, arm.id, key).map((value) => ({ arm: arm.label, value })),
  );
  if (runs.length === 0) return undefined;
  const means = arms.flatMap(({ arm }) => {
    const found = estimate(valuesOf(outcomes, arm.id, key));
    if (found === undefined) return [];
    const spread = found.standardError ?? 0;
    return [{ arm: arm.label, value: found.mean, low: found.mean - spread, high: found.mean + spread }];
  });
  const drawn = chart(
    {
      ...rows(arms),
      x: { label: `${label}, ${unit}`, grid: true, nice: true, insetLeft: 8, insetRight: 8, ...axis },
      marks: [
        Plot.tickX(runs, { x: 'value', y: 'arm', stroke: 'currentColor', strokeOpacity: 0.45, insetTop: 7, insetBottom: 7 }), // prettier-ignore
        Plot.ruleY(means, { x1: 'low', x2: 'high', y: 'arm', stroke: 'var(--s1)', strokeWidth: 4, strokeOpacity: 0.55 }), // prettier-ignore
        Plot.dot(means, { x: 'value', y: 'arm', fill: 'var(--s1)', r: 5.5 }),
      ],
    },
    `${label} of ${arms.length} networks, every run, mean and standard error`,
  );
  return figure(
    `Here: ${label}`,
    html`<span
      >dot: mean over ${study.task === 'train' ? 'seeds' : 'repetitions'}; bar: standard error; ticks: single
      runs</span
    >`,
    drawn,
  );
}

/** The same rows with the paper's figures, if all arms stand for one. */
function publishedChart({ arms }: StudyPlan): Html | undefined {
  const points = arms.flatMap(({ arm }) => (arm.published === undefined ? [] : [{ arm: arm.label, value: arm.published }])); // prettier-ignore
  if (points.length < 2) return undefined;
  const drawn = chart(
    {
      ...rows(arms),
      // Room for a mark at either end, beside the labels.
      x: { label: 'top-1 error, %', grid: true, nice: true, insetLeft: 8, insetRight: 8, ...axis },
      marks: [Plot.dot(points, { x: 'value', y: 'arm', stroke: 'var(--s2)', strokeWidth: 2, r: 5, symbol: 'square' })], // prettier-ignore
    },
    `Published top-1 error of ${points.length} networks`,
  );
  return figure(
    'Published: ImageNet-1K',
    html`<span>as the paper prints it, of its full-size networks</span>`,
    drawn,
  );
}

/** Error over epochs, the mean of the seeds, one line an arm. */
function curveChart(
  { arms }: StudyPlan,
  outcomes: readonly Outcome[],
  key: 'trainError' | 'testError',
): Html | undefined {
  const lines = arms.map(({ arm }, index) => ({ index, points: meanCurve(outcomes, arm.id, key) }));
  if (lines.every(({ points }) => points.length < 2)) return undefined;
  const what = key === 'trainError' ? 'Training error' : 'Test error';
  const drawn = chart(
    {
      ...frame,
      x: { label: 'epoch', nice: true, tickFormat: wholeOnly, ...axis },
      y: { label: null, grid: true, nice: true, ticks: 6, tickFormat: (share: number) => `${share} %` },
      marks: lines.map(
        ({ index, points }) =>
        Plot.line(points, { x: 'epoch', y: 'error', stroke: lookOf(index).color, strokeWidth: 2, strokeDasharray: lookOf(index).dash }), // prettier-ignore
      ),
    },
    `${what} over the epochs, ${arms.length} networks`,
  );
  return figure(
    `${what} while training`,
    html`${arms.map(({ arm }, index) => lineKey(arm.label, index))}`,
    drawn,
  );
}

function meanCurve(
  outcomes: readonly Outcome[],
  arm: string,
  key: 'trainError' | 'testError',
): { epoch: number; error: number }[] {
  const epochs = new Map<number, number[]>();
  for (const outcome of outcomes) {
    if (outcome.arm !== arm || outcome.failed !== undefined) continue;
    for (const { epoch, [key]: error } of outcome.epochs) {
      if (error !== undefined) epochs.set(epoch, [...(epochs.get(epoch) ?? []), error]);
    }
  }
  return [...epochs].map(([epoch, errors]) => ({
    epoch,
    error: Math.round((100 * errors.reduce((sum, error) => sum + error, 0)) / errors.length) / 100,
  }));
}

/** Error against parameters, arms of a series joined; Figure 7 of the paper. */
function parameterChart(
  { arms }: StudyPlan,
  outcomes: readonly Outcome[],
  { key, label, unit }: Measure,
): Html | undefined {
  const series = [...new Set(arms.map(({ arm }) => arm.series ?? ''))];
  const shared = series.includes('');
  const named = series.filter((name) => name !== '');
  const points = arms.flatMap(({ arm, cost }) => {
    const found = estimate(valuesOf(outcomes, arm.id, key));
    if (found === undefined) return [];
    const spread = found.standardError ?? 0;
    const point = { x: cost.params, y: found.mean, low: found.mean - spread, high: found.mean + spread, label: arm.label, own: arm.series !== undefined }; // prettier-ignore
    // An arm without a series is where all of them begin.
    return (arm.series === undefined && shared ? named : [arm.series ?? '']).map((name) => ({ ...point, series: name })); // prettier-ignore
  });
  if (points.length === 0) return undefined;
  const drawn = chart(
    {
      ...frame,
      width: 640,
      height: 360,
      marginRight: 24,
      insetLeft: 50,
      insetRight: 50,
      x: { label: 'parameters', type: 'log', grid: true, tickFormat: '~s', ticks: 6, ...axis },
      y: { label: null, grid: true, nice: true, ticks: 6, tickFormat: (error: number) => `${error} ${unit}` },
      marks: named.flatMap((name, index) => {
        const own = points.filter((point) => point.series === name);
        const { color, dash, symbol } = lookOf(index);
        return [
          Plot.line(own, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, strokeDasharray: dash }),
          Plot.ruleX(own, {
            x: 'x',
            y1: 'low',
            y2: 'high',
            stroke: color,
            strokeWidth: 3,
            strokeOpacity: 0.5,
          }),
          Plot.dot(own, { x: 'x', y: 'y', fill: color, symbol, r: 5 }),
          Plot.text(index === 0 ? own : own.filter((point) => point.own), {
            x: 'x',
            y: 'y',
            text: 'label',
            ...beside(index),
            fill: 'currentColor',
          }),
        ];
      }),
    },
    `${label} against parameters`,
  );
  return figure(
    `${label} against parameters`,
    html`${named.map((name, index) => lineKey(name, index))}<span>bars: standard error</span>`,
    drawn,
  );
}

/** The first series is named on the right of its points, others on the left: points of equal size lie above each other. */
function beside(index: number): { readonly dx: number; readonly textAnchor: 'start' | 'end' } {
  return index === 0 ? { dx: 9, textAnchor: 'start' } : { dx: -9, textAnchor: 'end' };
}

const axis = { labelAnchor: 'center', labelArrow: 'none' } as const;

function rows(arms: readonly PlannedArm[]): object {
  const longest = largest(arms.map(({ arm }) => arm.label.length));
  return {
    ...frame,
    height: 70 + 34 * arms.length,
    marginLeft: Math.min(230, 24 + 7 * longest),
    y: { domain: arms.map(({ arm }) => arm.label), label: null, type: 'band' },
  };
}

function wholeOnly(value: number): string {
  return Number.isInteger(value) ? String(value) : '';
}

/** A line's sample with its name. */
export function lineKey(name: string, index: number): Html {
  const { color, dash } = lookOf(index);
  return html`<span
    ><svg width="26" height="8" aria-hidden="true" style="color:${color}">
      <path d="M0 4H26" stroke="currentColor" stroke-width="2.5" stroke-dasharray="${dash}" /></svg
    >${name}</span
  >`;
}

export function figure(title: string, key: Html, drawn: Html): Html {
  return html`<figure>
    <figcaption>${title}<br /><span class="key">${key}</span></figcaption>
    ${drawn}
  </figure>`;
}
