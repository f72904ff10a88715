import * as Plot from '@observablehq/plot';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useWidth } from '../parts/width.ts';
import type { Point } from './curves.ts';

/** A run's part of a chart. */
export interface Line {
  readonly run: string;
  readonly colour: string;
  /** Drawn thin. */
  readonly faint: readonly Point[];
  /** Drawn thick; with a dot each where they are few. */
  readonly bold: readonly Point[];
  /** Where it stopped before its end. */
  readonly stopped?: { readonly epochs: number; readonly text: string } | undefined;
}

const mostDots = 100;

interface ChartProps {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly text: string;
  readonly lines: readonly Line[];
  readonly percent?: boolean | undefined;
}

/** A number over the epochs of several runs. */
export function Chart({ title, text, lines, percent = false }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box).value;
  useEffect(() => {
    if (width === 0) return;
    const marks = lines.flatMap(({ run, colour, faint, bold, stopped }) => [
      Plot.line(faint, { x: 'epochs', y: 'value', stroke: colour, strokeWidth: 1, strokeOpacity: 0.6 }),
      Plot.line(bold, { x: 'epochs', y: 'value', stroke: colour, strokeWidth: 2 }),
      Plot.dot(bold.length > mostDots ? [] : bold, {
        ...{ x: 'epochs', y: 'value', fill: colour, r: 2.5 },
        title: ({ epochs, value }: Point) => `${run}, epoch ${epochs}: ${numberText(value, percent)}`,
      }),
      ...(stopped === undefined
        ? []
        : [
            Plot.ruleX([stopped], { x: 'epochs', stroke: colour, strokeDasharray: '4 3' }),
            Plot.text([stopped], {
              ...{ x: 'epochs', text: 'text', frameAnchor: 'top', textAnchor: 'end', dx: -5, fill: colour },
            }),
          ]),
    ]);
    const plot = Plot.plot({
      ...{ width, height: 230, marginLeft: 48, marginBottom: 40, ariaHidden: 'true', marks },
      style: { background: 'none', fontSize: '12px' },
      x: { label: 'epoch', ticks: Math.max(2, Math.floor(width / 90)) },
      y: { label: null, grid: true, nice: true, ...(percent && { percent: true, domain: [0, 100] }) },
    });
    box.current?.replaceChildren(plot);
  }, [lines, width, percent]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} role="img" aria-label={`${title}. ${text}`} />
    </figure>
  );
}

export function numberText(value: number, percent: boolean): string {
  return percent ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3);
}
