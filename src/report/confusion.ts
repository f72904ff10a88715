import * as Plot from '@observablehq/plot';
import type { Evaluation } from '../train/metrics.ts';
import { count, percent } from './format.ts';
import { html, type Html } from './html.ts';
import { chart, svgElement } from './plot.ts';

/** Beyond this many classes a matrix cannot be read; the list of mix-ups still can. */
const mostClasses = 200;
/** Up to this many classes a cell has room for its count. */
const mostCounted = 24;

/** The confusion matrix as a heat map, rows true, columns predicted; cells are shaded by their share of the row. */
export function confusionMatrix(evaluation: Evaluation): Html | undefined {
  const names = evaluation.perClass.map(({ name }) => name);
  const size = names.length;
  if (size > mostClasses) return undefined;
  const counted = size <= mostCounted;
  const cell = size <= 12 ? 44 : counted ? 34 : size <= 60 ? 13 : 10.5;
  const letter = Math.min(12, Math.max(8, cell * 0.85));
  const longest = Math.min(22, Math.max(...names.map((name) => name.length)));
  const margin = Math.ceil(longest * letter * 0.58) + 14;
  const labels = names.map((name) => (name.length > 22 ? `${name.slice(0, 21)}…` : name));
  const classScale = { type: 'band', domain: labels.map((_, index) => index), padding: 0 } as const;
  const drawn = chart(
    {
      width: margin + size * cell + 24,
      height: margin + size * cell + 10,
      marginLeft: margin,
      marginTop: margin + 2,
      marginRight: 24,
      marginBottom: 8,
      x: { ...classScale, axis: null },
      y: { ...classScale, axis: null },
      marks: [
        Plot.axisX({
          anchor: 'top',
          tickRotate: -90,
          tickSize: 0,
          tickFormat: (index: number) => labels[index],
          label: null,
        }),
        Plot.axisY({ tickSize: 0, tickFormat: (index: number) => labels[index], label: null }),
        cells(evaluation.confusion, cell),
        Plot.frame({ strokeOpacity: 0.25 }),
        ...(counted ? counts(evaluation.confusion) : []),
      ],
    },
    `Confusion matrix of ${size} classes: rows are true classes, columns are predicted classes`,
    letter,
  );
  return html`<div class="wide">${drawn}</div>`;
}

/** How strongly a share of a row is shaded: by its square root, so that rare mix-ups can be seen. */
function strength(share: number): number {
  return Math.max(0.06, Math.sqrt(share));
}

/**
 * All cells of one strength are one path, so that a matrix of 100 classes takes some dozen elements and not ten
 * thousand. Right answers are blue, wrong ones orange.
 */
function cells(confusion: Evaluation['confusion'], width: number): Plot.RenderFunction {
  return (_index, { x, y }) => {
    const paths = new Map<string, string>();
    confusion.forEach((row, truth) => {
      const total = sum(row);
      row.forEach((value, guess) => {
        if (value === 0) return;
        const key = `${truth === guess ? 'right' : 'wrong'} ${strength(value / total).toFixed(2)}`;
        const [left, top] = [rounded(Number(x?.(guess))), rounded(Number(y?.(truth)))];
        paths.set(key, `${paths.get(key) ?? ''}M${left} ${top}h${width}v${width}h-${width}z`);
      });
    });
    const group = svgElement('g', { 'aria-hidden': 'true' });
    for (const [key, d] of paths) {
      const [kind = '', opacity = ''] = key.split(' ');
      group.append(svgElement('path', { d, fill: `var(--${kind})`, 'fill-opacity': opacity }));
    }
    return group;
  };
}

/** The numbers in the cells, in ink that can be read on their shade. */
function counts(confusion: Evaluation['confusion']): Plot.Markish[] {
  const flat = confusion.flatMap((row, truth) => {
    const total = sum(row);
    return row.flatMap((value, guess) => {
      if (value === 0) return [];
      const shade = strength(value / total);
      const kind = truth === guess ? 'right' : 'wrong';
      const ink = shade > 0.75 ? `var(--ink-high-${kind})` : shade > 0.62 ? 'var(--ink-mid)' : 'currentColor';
      return [{ truth, guess, value, ink }];
    });
  });
  return [
    Plot.text(flat, {
      x: 'guess',
      y: 'truth',
      text: ({ value }: { value: number }) =>
        value > 9999 ? `${(value / 1000).toFixed(0)}k` : String(value),
      fill: 'ink',
      fontVariant: 'tabular-nums',
    }),
  ];
}

/** The pairs of classes that are mixed up most often, as a table. */
export function mixUps(evaluation: Evaluation, limit: number): Html | undefined {
  const { confusion, perClass } = evaluation;
  const pairs = confusion
    .flatMap((row, truth) => row.map((value, guess) => ({ truth, guess, value, share: value / sum(row) })))
    .filter(({ truth, guess, value }) => truth !== guess && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, limit);
  if (pairs.length === 0) return undefined;
  return html`<table>
    <thead>
      <tr>
        <th scope="col">truly</th>
        <th scope="col">taken for</th>
        <th scope="col" class="n">pictures</th>
        <th scope="col" class="n">of the class</th>
      </tr>
    </thead>
    <tbody>
      ${pairs.map(
        ({ truth, guess, value, share }) =>
          html`<tr>
            <th scope="row">${perClass[truth]?.name}</th>
            <td>${perClass[guess]?.name}</td>
            <td class="n">${count(value)}</td>
            <td class="n">${percent(share, 1)}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
