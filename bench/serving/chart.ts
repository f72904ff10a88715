import * as Plot from '@observablehq/plot';
import { stackedSvgFile } from '../svg-file.ts';
import type { ServingRow } from './rows.ts';

const width = 760;
const colors = { Cardinal: '#0072b2', 'onnxruntime-node': '#d55e00' };

/** Of each network: pictures a second under each load, beside what batches of eight reach without a server. */
export function servingChart(rows: readonly ServingRow[]): string {
  const titles = [...new Set(rows.map(({ work }) => work.title))];
  return stackedSvgFile(
    width,
    titles.map((title, index) =>
      panel(
        rows.filter(({ work }) => work.title === title),
        index === 0,
      ),
    ),
    'Pictures a second of servers under load',
  );
}

function panel(rows: readonly ServingRow[], hasLegend: boolean) {
  const served = rows.filter(({ load }) => load !== '');
  const capacity = Math.max(...rows.filter(({ load }) => load === '').map(({ rate }) => rate));
  const [{ work }] = rows;
  const place = { x: 'rate', y: 'contender', fy: 'load' };
  const loads = [...new Set(served.map(({ load }) => load))];
  return {
    height: 250,
    description: `Pictures a second: ${work.title}`,
    marginLeft: 130,
    marginRight: 190,
    marginTop: 34,
    marginBottom: 40,
    x: { label: 'pictures a second (more is better); median and p99 in ms', labelOffset: 34, grid: true },
    y: { label: null, axis: null },
    fy: { label: null, domain: loads, axis: 'left' as const },
    color: { domain: Object.keys(colors), range: Object.values(colors) },
    marks: [
      Plot.barX(served, { ...place, fill: 'contender' }),
      Plot.ruleX([capacity], { strokeDasharray: '4 3' }),
      Plot.text(served, {
        ...place,
        text: ({ rate, median, p99 }: ServingRow) =>
          `${rate.toFixed(rate < 100 ? 1 : 0)} · ${median.toFixed(0)}, ${p99.toFixed(0)} ms`,
        dx: 6,
        textAnchor: 'start',
      }),
      Plot.text([`${work.title}; dashed: batches of 8 without a server`], {
        fy: () => loads[0],
        frameAnchor: 'top-left',
        dx: -120,
        dy: -24,
        fontWeight: 'bold',
        text: String,
      }),
      ...(hasLegend
        ? Object.keys(colors).map((name, index) =>
            Plot.text([name], {
              fy: () => loads[0],
              text: () => `● ${name}`,
              fill: String,
              frameAnchor: 'top-right',
              dx: 185,
              dy: 16 * index - 28,
            }),
          )
        : []),
    ],
  };
}
