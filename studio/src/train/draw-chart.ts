import * as Plot from '@observablehq/plot';
import type { Line } from 'cardinal-nn/studio';
import type { Look } from './look.ts';

/** A run's part of a chart. */
export interface Series {
  readonly run: string;
  readonly look: Look;
  /** Drawn thin. */
  readonly faint: Line;
  /** Drawn thick; with a mark each where they are few. */
  readonly bold: Line;
  /** Where it stopped before its end. */
  readonly stopped?: { readonly epochs: number; readonly text: string; readonly isBad: boolean } | undefined;
}

export const noLine: Line = { epochs: new Float64Array(), values: new Float64Array() };

/** With more points, or more runs, the last of a line alone has a mark. */
const mostMarks = 40;
const fewRuns = 4;

/** A number beyond so many times the first of any line makes the chart logarithmic. */
const explodes = 10;

export interface ChartShape {
  readonly width: number;
  /** `loss`: may explode. `share`: from 0 to 100 %. */
  readonly kind: ChartKind;
}

export type ChartKind = 'loss' | 'share' | 'other';

/** Whether values grow so far beyond where they began that an even scale would show nothing else. */
export function isExploding(series: readonly Series[]): boolean {
  const lines = series
    .flatMap(({ faint, bold }) => [faint.values, bold.values])
    .filter(({ length }) => length > 0);
  const first = Math.max(...lines.map(([value]) => value));
  return first > 0 && lines.some((values) => values.some((value) => value > explodes * first));
}

/** A number over the epochs of several runs, as SVG. */
export function drawChart(series: readonly Series[], { width, kind }: ChartShape): SVGSVGElement {
  const isLogarithmic = kind === 'loss' && isExploding(series);
  const longest = Math.max(0, ...series.flatMap(({ faint, bold }) => [last(faint), last(bold)]));
  const isFew = series.length <= fewRuns;
  const marks = series.flatMap((one) => marksOf(isLogarithmic ? aboveZero(one) : one, { isFew, longest }));
  const drawn = Plot.plot({
    ...{ width, height: 230, marginLeft: 52, marginBottom: 40, marks },
    style: { background: 'none', fontSize: '12px' },
    x: { label: 'epoch', ticks: Math.max(2, Math.floor(width / 90)), domain: [0, Math.max(longest, 1e-9)] },
    y: {
      ...{ label: null, grid: true },
      ...(isLogarithmic ? { type: 'log', ticks: 5, tickFormat: '.1~e' } : { nice: true }),
      ...(kind === 'share' && { percent: true, domain: [0, 100] }),
    },
  }) as SVGSVGElement;
  // What it shows is said of the box around it.
  drawn.setAttribute('aria-hidden', 'true');
  return drawn;
}

function marksOf(
  { run, look, faint, bold, stopped }: Series,
  { isFew, longest }: { readonly isFew: boolean; readonly longest: number },
): Plot.Markish[] {
  const { colour, dash, symbol } = look;
  // Whose they are, so that one run can be shown before the others without drawing anew.
  const className = markClass(look);
  const stroke = { className, stroke: colour, ...(dash !== undefined && { strokeDasharray: dash }) };
  const from = isFew && bold.epochs.length <= mostMarks ? 0 : Math.max(0, bold.epochs.length - 1);
  const marked = { epochs: bold.epochs.subarray(from), values: bold.values.subarray(from) };
  const isLate = stopped !== undefined && stopped.epochs > longest / 2;
  return [
    Plot.line(
      { length: faint.epochs.length },
      { ...at(faint), ...stroke, strokeWidth: 1, strokeOpacity: 0.6 },
    ),
    Plot.line({ length: bold.epochs.length }, { ...at(bold), ...stroke, strokeWidth: 2 }),
    Plot.dot(
      { length: marked.epochs.length },
      { ...at(marked), className, fill: colour, symbol, r: isFew ? 2.5 : 3.5 },
    ),
    ...(stopped === undefined
      ? []
      : [
          Plot.ruleX([stopped.epochs], { className, stroke: colour, strokeDasharray: '2 3' }),
          Plot.dot([stopped.epochs], {
            ...{
              x: (epochs: number) => epochs,
              frameAnchor: 'top',
              symbol: stopped.isBad ? 'times' : 'square',
            },
            ...{ className, stroke: colour, strokeWidth: 2, r: 5, dy: 6 },
          }),
          Plot.text([isFew ? `${run}: ${stopped.text}` : ''], {
            ...{ x: () => stopped.epochs, text: (text: string) => text, frameAnchor: 'top', fill: colour },
            ...{ className, textAnchor: isLate ? 'end' : 'start', dx: isLate ? -10 : 10, dy: 2 },
          }),
        ]),
  ];
}

/** What is 0 has no place on a logarithmic scale. */
function aboveZero(series: Series): Series {
  const above = ({ epochs, values }: Line): Line => ({
    epochs: epochs.filter((_, index) => values[index] > 0),
    values: values.filter((value) => value > 0),
  });
  return { ...series, faint: above(series.faint), bold: above(series.bold) };
}

export function markClass({ place }: Pick<Look, 'place'>): string {
  return `run-mark run-mark-${place}`;
}

function at({ epochs, values }: Line): { readonly x: Float64Array; readonly y: Float64Array } {
  return { x: epochs, y: values };
}

function last({ epochs }: Line): number {
  return epochs.at(-1) ?? 0;
}
