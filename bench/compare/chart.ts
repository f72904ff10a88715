import * as Plot from '@observablehq/plot';
import { chart } from '../../src/report/plot.ts';
import type { Row } from '../run.ts';

/** Times as bars, one panel a piece of work, as an SVG file that reads on light and dark pages. */
export function chartOf(rows: readonly Row[]): string {
  const panels = [...new Set(rows.map(({ title }) => title))];
  const drawn = chart(
    {
      width: 760,
      height: 60 + 30 * rows.length + 50 * panels.length,
      marginLeft: 170,
      marginRight: 70,
      marginBottom: 46,
      x: { label: 'milliseconds, median (shorter is better)', labelOffset: 40, grid: true },
      y: { label: null },
      fy: { label: null, axis: null },
      marks: [
        Plot.barX(rows, {
          x: 'median',
          y: 'contender',
          fy: 'title',
          fill: (row: Row) => (row.contender.startsWith('Cardinal') ? '#0072b2' : '#999999'),
          sort: { y: 'x' },
        }),
        Plot.text(rows, {
          x: 'median',
          y: 'contender',
          fy: 'title',
          text: (row: Row) => row.median.toFixed(row.median < 100 ? 1 : 0),
          dx: 6,
          textAnchor: 'start',
        }),
        Plot.text(panels, {
          fy: (title: string) => title,
          text: (title: string) => title,
          frameAnchor: 'top-left',
          dx: -160,
          dy: -14,
          fontWeight: 'bold',
        }),
      ],
    },
    'Times of Cardinal and its peers',
  );
  const ink = '<style>svg{color:#1c1f23}@media(prefers-color-scheme:dark){svg{color:#e8eaed}}</style>';
  return drawn.text.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"').replace('>', `>${ink}`);
}
