import * as Plot from '@observablehq/plot';
import type { Reliability } from '../train/reliability.ts';
import { count, percent } from './format.ts';
import { html, type Html } from './html.ts';
import { chart } from './plot.ts';

/** How sure a network is against how often it is right: bars that should end on the dashed line, and their numbers. */
export function reliabilityDiagram({ bins }: Reliability): Html {
  const filled = bins.filter(({ pictures }) => pictures > 0);
  const drawn = chart(
    {
      ...{ width: 400, height: 320, marginLeft: 52, marginRight: 24, marginTop: 14, marginBottom: 38 },
      x: {
        label: 'how sure it is',
        labelAnchor: 'center',
        labelArrow: 'none',
        domain: [0, 1],
        tickFormat: share,
      },
      y: { label: null, domain: [0, 1], tickFormat: share, grid: true },
      marks: [
        Plot.rect(filled, { x1: 'from', x2: 'to', y1: 0, y2: 'accuracy', fill: 'var(--right)', inset: 0.5 }),
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeDasharray: '4 4' },
        ),
        Plot.link(filled, {
          ...{ x1: 'confidence', x2: 'confidence', y1: 'accuracy', y2: 'confidence' },
          ...{ stroke: 'var(--wrong)', strokeWidth: 2 },
        }),
      ],
    },
    'How often it is right, by how sure it is',
  );
  return html`<div class="columns reliability">
    <figure>
      <figcaption>
        How often it is right<br /><span class="key"
          ><span class="right">bars</span><span>dashed: as often as it is sure</span
          ><span class="wrong">lines: the gap</span></span
        >
      </figcaption>
      ${drawn}
    </figure>
    <table>
      <thead>
        <tr>
          <th scope="col">sure</th>
          <th scope="col" class="n">pictures</th>
          <th scope="col" class="n">mean</th>
          <th scope="col" class="n">right</th>
        </tr>
      </thead>
      <tbody>
        ${filled.map(
          ({ from, to, pictures, confidence, accuracy }) =>
            html`<tr>
              <th scope="row">${percent(from, 0)} to ${percent(to, 0)}</th>
              <td class="n">${count(pictures)}</td>
              <td class="n">${percent(confidence, 1)}</td>
              <td class="n">${percent(accuracy, 1)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** What the diagram shows, in words. */
export function reliabilityLead({ bins, ece, pictures }: Reliability): string {
  const of = (value: 'confidence' | 'accuracy'): number =>
    bins.reduce((total, bin) => total + bin.pictures * bin[value], 0) / pictures;
  const [sure, right] = [of('confidence'), of('accuracy')];
  const verdict =
    Math.abs(sure - right) < 0.01
      ? ''
      : sure > right
        ? ': it is too sure of itself'
        : ': it is less sure than it could be';
  return `It is ${percent(sure, 1)} sure on average and right about ${percent(right, 1)}${verdict}. The expected calibration error, ${percent(ece)}, is how far the two are apart in bins of alike confidence; cardinal eval --calibrate makes it smaller.`;
}

function share(value: number): string {
  return percent(value, 0);
}
