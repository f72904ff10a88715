import * as Plot from '@observablehq/plot';
import { stackedSvgFile, svgFile } from '../svg-file.ts';
import { describeLayer, flopOf } from './layer.ts';
import type { ShapeRow, WorkRow } from './rows.ts';

/** Times as bars, a panel with a scale of its own for each piece of work, as an SVG file that reads on light and dark pages. */
export function workChart(rows: readonly WorkRow[]): string {
  const works = [...new Set(rows.map(({ work }) => work))];
  const longest = Math.max(...rows.map(({ contender }) => contender.length));
  const marginLeft = 20 + 7 * longest;
  const panels = works.map((work) => {
    const own = rows.filter((row) => row.work === work);
    const place = { x: 'median', y: 'contender' };
    return {
      ...{ height: 100 + 22 * own.length, description: work.title },
      ...{ marginLeft, marginRight: 70, marginTop: 38, marginBottom: 46 },
      x: { label: 'milliseconds, median (shorter is better)', labelOffset: 36, grid: true, ticks: 6 },
      y: { label: null },
      marks: [
        Plot.barX(own, {
          ...place,
          fill: ({ contender }: WorkRow) => (isOurs(contender) ? '#0072b2' : '#999999'),
          sort: { y: 'x' },
        }),
        Plot.text(own, {
          ...place,
          text: ({ median }: WorkRow) => median.toFixed(median < 100 ? 1 : 0),
          dx: 6,
          textAnchor: 'start',
        }),
        Plot.text([work.title], {
          ...{ frameAnchor: 'top-left', dx: 10 - marginLeft, dy: -24, fontWeight: 'bold' },
          text: (title: string) => title,
        }),
      ],
    };
  });
  return stackedSvgFile(760, panels, 'Times of Cardinal and its peers');
}

/** Where pages are compared, Cardinal in Node is called by its kernels. */
const isOurs = (contender: string): boolean => /Cardinal|^Node/.test(contender);

/** GFLOP/s of every layer, one column a pass, with the roofs as strokes. */
export function shapeChart(rows: readonly ShapeRow[]): string {
  const label = ({ layer }: ShapeRow) =>
    `${layer.name.replace('downsample.0', 'project')} · ${describeLayer(layer)}`;
  const layers = [...new Set(rows.map(label))];
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const [{ work }] = rows;
  const place = { y: label, fx: 'pass' };
  const rate = ({ layer, median }: ShapeRow) => flopOf(layer) / median / 1e6;
  const roofs = rows.filter(({ contender, roof }) => contender.startsWith('Cardinal') && roof !== undefined);
  return svgFile(
    {
      width: 300 + 260 * work.passes.length,
      height: 126 + 18 * layers.length,
      marginLeft: 285,
      marginTop: 66,
      marginBottom: 46,
      x: {
        label: 'GFLOP/s; strokes: what the machine could do',
        labelOffset: 40,
        grid: true,
        zero: true,
      },
      y: { label: null, domain: layers },
      fx: { label: null, domain: work.passes },
      color: { domain: contenders, range: ['#0072b2', '#d55e00', '#999999', '#009e73'], legend: false },
      marks: [
        // A legend: Plot's own is HTML beside the picture.
        contenders.map((name, index) =>
          Plot.text([name], {
            fx: () => work.passes[0],
            text: () => `● ${name}`,
            fill: () => name,
            frameAnchor: 'top-left',
            dx: 230 * (index % 2) - 255,
            textAnchor: 'start',
            dy: 16 * Math.floor(index / 2) - 58,
          }),
        ),
        Plot.tickX(roofs, {
          ...place,
          x: ({ layer, roof = Infinity }: ShapeRow) => flopOf(layer) / roof / 1e6,
          stroke: 'contender',
        }),
        Plot.dot(rows, { ...place, x: rate, fill: 'contender', r: 3.5 }),
      ],
    },
    `GFLOP/s of each layer: ${work.title}`,
  );
}
