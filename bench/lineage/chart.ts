import * as Plot from '@observablehq/plot';
import { largest, smallest } from '../../src/base/extremes.ts';
import { svgFile } from '../svg-file.ts';
import type { LineageRow } from './measure.ts';

const [blue, grey] = ['#0072b2', '#999999'];

/** MACs and time of each network as shares of the first one's, one line a network in the order of the story. */
export function lineageChart(rows: readonly LineageRow[]): string {
  const [first] = rows;
  const label = ({ year, network }: LineageRow): string => `${network}  ${year}`;
  // An axis of Plot's that is logarithmic writes its numbers as it likes.
  const macs = (row: LineageRow): number => Math.log2(row.macs / first.macs);
  const time = (row: LineageRow): number => Math.log2(row.milliseconds / first.milliseconds);
  const place = { y: label, r: 5 };
  const shares = rows.flatMap((row) => [macs(row), time(row)]);
  const [least, most] = [smallest(shares), largest(shares)].map((power) => 2 ** power);
  const legend = [
    { text: '● MACs', fill: grey, dx: 0 },
    { text: '● time', fill: blue, dx: 74 },
  ];
  return svgFile(
    {
      ...{ width: 760, height: 84 + 22 * rows.length },
      ...{ marginLeft: 200, marginRight: 30, marginTop: 34, marginBottom: 46 },
      x: {
        ...{ domain: [least, most].map(Math.log2), inset: 6, grid: true },
        ticks: [0.05, 0.1, 0.2, 0.5, 1, 2, 5].filter((tick) => tick >= least && tick <= most).map(Math.log2),
        tickFormat: (power: number) => `${Number((2 ** power).toPrecision(2))}×`,
        label: "share of ResNet-50's, logarithmic",
        ...{ labelOffset: 38, labelAnchor: 'center', labelArrow: 'none' },
      },
      y: { label: null, domain: rows.map(label), tickSize: 0 },
      marks: [
        Plot.ruleX([0], { strokeOpacity: 0.5, strokeDasharray: '4 3' }),
        Plot.link(rows, { x1: macs, x2: time, y1: label, y2: label, strokeOpacity: 0.5, strokeWidth: 2 }),
        Plot.dot(rows, { ...place, x: macs, fill: grey }),
        Plot.dot(rows, { ...place, x: time, fill: blue }),
        ...legend.map(({ text, fill, dx }) =>
          Plot.text([text], { frameAnchor: 'top-left', dx, dy: -24, fill, fontWeight: 'bold', text: String }),
        ),
      ],
    },
    'MACs and forward time of each network of the lineage, as shares of those of ResNet-50',
  );
}
