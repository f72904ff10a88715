import * as Plot from '@observablehq/plot';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { lineOf, PlotView } from './plot.tsx';
import type { StudyChart } from './study-result.ts';

const axis = { labelAnchor: 'center', labelArrow: 'none' } as const;

/** A chart of a study's results. */
export function StudyChartView({ chart }: { readonly chart: StudyChart }): JSX.Element {
  const options = useMemo(() => (chart.kind === 'arms' ? armsOptions(chart) : linesOptions(chart)), [chart]);
  return (
    <PlotView
      title={`${chart.title}, ${chart.unit}`}
      text={textOf(chart)}
      series={chart.kind === 'lines' ? chart.lines.map(({ name }) => name) : []}
      options={options}
    />
  );
}

/** A row for each network: every run a tick, the mean a dot. */
function armsOptions({ arms, unit }: Extract<StudyChart, { kind: 'arms' }>): Plot.PlotOptions {
  const runs = arms.flatMap(({ label, runs: own }) => own.map((value) => ({ label, value })));
  const longest = arms.reduce((most, { label }) => Math.max(most, label.length), 0);
  return {
    height: 70 + 30 * arms.length,
    marginLeft: Math.min(190, 20 + 6.5 * longest),
    x: { label: unit, nice: true, grid: true, insetLeft: 8, insetRight: 8, ticks: 5, ...axis },
    y: { label: null, domain: arms.map(({ label }) => label) },
    marks: [
      Plot.tickX(runs, { x: 'value', y: 'label', stroke: 'currentColor', strokeOpacity: 0.5, inset: 6 }),
      Plot.dot(arms, { x: 'mean', y: 'label', fill: 'var(--right)', r: 5 }),
    ],
  };
}

function linesOptions({ lines, x, log }: Extract<StudyChart, { kind: 'lines' }>): Plot.PlotOptions {
  const scale = log === undefined ? {} : ({ type: 'log', base: log } as const);
  return {
    x: { label: x, ...scale, ...axis, tickFormat: log === 10 ? '~s' : 'd', ticks: log === 10 ? 4 : 8 },
    y: { label: null, grid: true, nice: true, ticks: 6 },
    marks: lines.flatMap(({ points }, index) => lineOf(index, points, 'x', 'y')),
  };
}

function textOf(chart: StudyChart): string {
  if (chart.kind === 'arms') {
    return chart.arms.map(({ label, mean }) => `${label}: ${mean} ${chart.unit}`).join('; ');
  }
  return chart.lines
    .map(
      ({ name, points }) =>
        `${name}: from ${points[0]?.y ?? '–'} to ${points.at(-1)?.y ?? '–'} ${chart.unit}`,
    )
    .join('; ');
}
