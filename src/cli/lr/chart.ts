import * as Plot from '@observablehq/plot';
import { largest } from '../../base/extremes.ts';
import { Html, html } from '../../report/html.ts';
import { chart } from '../../report/plot.ts';
import { style } from '../../report/style.ts';
import type { RangePoint, RangeVerdict } from '../../train/range-test.ts';

/** A page with the loss over the learning rate, and the rate that is suggested. */
export function rangePage(
  title: string,
  points: readonly RangePoint[],
  { suggestion }: RangeVerdict,
): string {
  const highest = 1.2 * largest(points.slice(0, Math.ceil(points.length / 2)).map(({ loss }) => loss));
  const drawn = chart(
    {
      width: 720,
      height: 400,
      marginLeft: 60,
      marginBottom: 44,
      x: { type: 'log', label: 'learning rate', labelAnchor: 'center', labelArrow: 'none' },
      // What explodes in the end would leave no room for what is looked for.
      y: { label: 'loss', grid: true, nice: true, domain: [0, highest], clamp: true },
      marks: [
        Plot.line(points, { x: 'learningRate', y: 'loss', stroke: 'var(--right)', strokeOpacity: 0.3 }),
        Plot.line(points, { x: 'learningRate', y: 'smoothed', stroke: 'var(--right)', strokeWidth: 2 }),
        ...(suggestion === undefined
          ? []
          : [Plot.ruleX([suggestion], { stroke: 'var(--wrong)', strokeWidth: 2, strokeDasharray: '6 3' })]),
      ],
    },
    `Loss of ${points.length} steps over the learning rate`,
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p>
          The loss of each step and its moving average, while the learning rate grows from step to step.
          ${
            suggestion === undefined
              ? 'It falls nowhere: there is no rate to suggest.'
              : `It falls fastest at ${suggestion.toPrecision(2)}, the dashed line.`
          }
        </p>
        ${drawn}
      </body>
    </html> `;
  return page.text;
}
