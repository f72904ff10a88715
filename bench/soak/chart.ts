import * as Plot from '@observablehq/plot';
import { stackedSvgFile } from '../svg-file.ts';
import type { Sample } from './samples.ts';

const width = 760;
const frame = { marginLeft: 56, marginRight: 110, marginTop: 26, marginBottom: 24 };
const lines = [
  { key: 'rss', label: 'resident', color: '#0072b2' },
  { key: 'heap', label: 'V8 heap', color: '#d55e00' },
  { key: 'arrays', label: 'array buffers', color: '#009e73' },
] as const;
const counts = [
  { key: 'descriptors', title: 'File descriptors', color: '#0072b2' },
  { key: 'threads', title: 'Threads', color: '#0072b2' },
] as const;

/** Memory, file descriptors and threads over the time; dots where nothing was going on. */
export function soakChart(samples: readonly Sample[], title: string): string {
  const minutes = (sample: Sample): number => round(sample.seconds / 60, 2);
  const x = { label: null, grid: true, nice: false };
  const drawn = thin(samples);
  const resting = samples.filter(({ atRest }) => atRest);
  const last = samples[samples.length - 1];
  const megabytes =
    (key: (typeof lines)[number]['key']) =>
    (sample: Sample): number =>
      round(sample[key] / 1e6, 1);
  return stackedSvgFile(
    width,
    [
      {
        ...frame,
        height: 260,
        description: 'Memory in MB over minutes',
        x,
        y: { label: null, grid: true, zero: true, nice: true },
        marks: [
          heading(title),
          Plot.ruleY([0]),
          ...lines.flatMap(({ key, label, color }) => [
            Plot.line(drawn, { x: minutes, y: megabytes(key), stroke: color, strokeWidth: 1.2 }),
            Plot.text([last], { x: minutes, y: megabytes(key), text: () => label, fill: color, dx: 6, textAnchor: 'start' }), // prettier-ignore
          ]),
        ],
      },
      ...counts.map(({ key, title: what, color }, index) => ({
        ...frame,
        height: 130 + 18 * index,
        marginBottom: 24 + 18 * index,
        description: `${what} over minutes`,
        x: { ...x, label: index === counts.length - 1 ? 'minutes' : null, labelAnchor: 'center', labelArrow: 'none' } as const, // prettier-ignore
        y: { label: null, grid: true, zero: true, nice: true, ticks: 4 },
        marks: [
          heading(what),
          Plot.ruleY([0]),
          Plot.line(drawn, { x: minutes, y: key, stroke: color, strokeWidth: 0.8, strokeOpacity: 0.5 }),
          Plot.dot(resting, { x: minutes, y: key, fill: '#d55e00', r: 1.8 }),
          Plot.text([last], { x: minutes, y: key, text: () => 'at rest', fill: '#d55e00', dx: 6, textAnchor: 'start' }), // prettier-ignore
        ],
      })),
    ],
    title,
  );
}

function heading(text: string): Plot.Markish {
  return Plot.text([text], { frameAnchor: 'top-left', dy: -18, fontWeight: 'bold', text: String });
}

/** At most some hundred samples: the file is to be small. */
function thin(samples: readonly Sample[]): Sample[] {
  const step = Math.ceil(samples.length / 600);
  return samples.filter((_, index) => index % step === 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
