import * as Plot from '@observablehq/plot';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useWidth } from '../parts/width.ts';

/** How series are told apart without colours. */
export const looks = [
  { colour: 'var(--right)', dash: 'none', symbol: 'circle' },
  { colour: 'var(--wrong)', dash: '6 3', symbol: 'square' },
  { colour: 'var(--ink)', dash: '2 3', symbol: 'triangle' },
  { colour: 'var(--soft)', dash: '9 3 2 3', symbol: 'diamond' },
] as const;

export function lookOf(index: number): (typeof looks)[number] {
  return looks[index % looks.length] ?? looks[0];
}

interface PlotViewProps {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly text: string;
  /** What its lines stand for, in the order of `looks`; none where there is nothing to tell apart. */
  readonly series: readonly string[];
  readonly options: Omit<Plot.PlotOptions, 'width'>;
}

/** A chart as wide as there is room. */
export function PlotView({ title, text, series, options }: PlotViewProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = Math.min(720, useWidth(box).value);
  useEffect(() => {
    if (width === 0) return;
    const style = { background: 'none', fontSize: '12px' };
    const shared = { height: 280, marginLeft: 52, marginRight: 16, marginBottom: 42 };
    const drawn = Plot.plot({ ...shared, ...options, width, style });
    // What it shows is said of the box around it.
    drawn.setAttribute('aria-hidden', 'true');
    box.current?.replaceChildren(drawn);
  }, [options, width]);
  return (
    <figure class="paper-chart">
      <figcaption>{title}</figcaption>
      {series.length > 0 && (
        <ul class="paper-key">
          {series.map((name, index) => (
            <li key={name}>
              <svg width={28} height={10} aria-hidden="true">
                <path
                  d="M0 5H28"
                  stroke={lookOf(index).colour}
                  stroke-width={2.5}
                  stroke-dasharray={lookOf(index).dash}
                />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      )}
      <div ref={box} role="img" aria-label={`${title}. ${text}`} />
    </figure>
  );
}

/** A line with dots, in the look of a series. */
export function lineOf(index: number, points: readonly object[], x: string, y: string): Plot.Markish[] {
  const { colour, dash, symbol } = lookOf(index);
  return [
    Plot.line(points, { x, y, stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
    Plot.dot(points, { x, y, fill: colour, symbol, r: points.length > 40 ? 2 : 3.5 }),
  ];
}
