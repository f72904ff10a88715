import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { inTurn, outOfTurn } from '../parts/turns.ts';
import { useWidth } from '../parts/width.ts';
import { drawChart, isExploding, type ChartKind, type Series } from './draw-chart.ts';
import { highlighted, showHighlighted } from './highlight.ts';
import { saveDrawn } from './save-drawn.ts';

interface ChartProps {
  readonly title: string;
  /** What its file is called. */
  readonly file: string;
  /** What it shows, for those who do not see it. */
  readonly text: string;
  readonly series: readonly Series[];
  readonly kind?: ChartKind | undefined;
}

const formats = ['svg', 'png'] as const;

/** A number over the epochs of several runs, to be saved as a drawing or a picture. */
export function Chart({ title, file, text, series, kind = 'other' }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box).value;
  useEffect(() => {
    if (width === 0) return undefined;
    inTurn(box, () => {
      box.current?.replaceChildren(drawChart(series, { width, kind }));
      if (box.current !== null) showHighlighted(box.current, highlighted.peek());
    });
    return () => {
      outOfTurn(box);
    };
  }, [series, width, kind]);
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {kind === 'loss' && isExploding(series) && ' (each line of the grid is ten times the one before)'}
      </figcaption>
      <div ref={box} class="drawn" role="img" aria-label={`${title}. ${text}`} />
      <div class="chart-tools">
        {formats.map((format) => (
          <button
            key={format}
            type="button"
            aria-label={`Save ${title} as ${format.toUpperCase()}`}
            onClick={() => {
              const svg = box.current?.querySelector('svg');
              if (svg) void saveDrawn({ file, title, svg, series, format });
            }}
          >
            {format.toUpperCase()}
          </button>
        ))}
      </div>
    </figure>
  );
}

export function numberText(value: number, percent: boolean): string {
  return percent ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3);
}
