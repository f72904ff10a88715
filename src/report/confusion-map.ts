import { html, Html } from './html.ts';
import { svgElement } from './plot.ts';
import { shade } from './shade.ts';

/** Letters are at most so high, and below the second height nobody can read them. In pixels. */
const letters = { most: 12, least: 6.5 } as const;
/** Room for names beside the map, in pixels. */
const nameRoom = 150;

/**
 * The matrix as a map that takes the width there is, names at its sides where they can be read and numbers of every tenth
 * class where not.
 */
export function confusionMap(confusion: readonly (readonly number[])[], names: readonly string[]): Html {
  const size = names.length;
  const from = Math.ceil(nameRoom + size * (letters.least / 0.86));
  const map = svgElement('svg', {
    viewBox: `0 0 ${size} ${size}`,
    role: 'img',
    'shape-rendering': 'crispEdges',
    'aria-label': `Confusion matrix of ${size} classes: rows are true classes, columns are predicted classes`,
  });
  for (const path of cells(confusion)) map.append(path);
  const label = (name: string, index: number): Html => html`<span title="${index} ${name}">${name}</span>`;
  const ticks = names.flatMap((_, index) => (index % 10 === 0 ? [index] : []));
  const tick = (index: number): Html => html`<span style="--at:${index}">${index}</span>`;
  return html`<style>
      @container (min-width: ${from}px) {
        .map {
          grid-template: ${nameRoom}px auto / ${nameRoom}px 1fr;
        }
        .map .names {
          display: grid;
        }
        .map .ticks {
          display: none;
        }
      }
    </style>
    <div class="fits">
      <div
        class="map"
        style="--classes:${size};--letter:min(${letters.most}px, calc((100cqi - ${nameRoom}px) / ${size} * .86))"
      >
        <div class="columns-of names" aria-hidden="true">${names.map(label)}</div>
        <div class="columns-of ticks" aria-hidden="true">${ticks.map(tick)}</div>
        <div class="rows-of names" aria-hidden="true">${names.map(label)}</div>
        <div class="rows-of ticks" aria-hidden="true">${ticks.map(tick)}</div>
        ${new Html(map.outerHTML)}
      </div>
    </div>`;
}

/** All cells of one shade are one path, so that a matrix of 100 classes takes some dozen elements and not ten thousand. */
function cells(confusion: readonly (readonly number[])[]): ReturnType<typeof svgElement>[] {
  const paths = new Map<string, string>();
  confusion.forEach((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    row.forEach((value, guess) => {
      if (value === 0) return;
      const key = `${truth === guess ? 'right' : 'wrong'} ${shade(value / total).toFixed(2)}`;
      paths.set(key, `${paths.get(key) ?? ''}M${guess} ${truth}h1v1h-1z`);
    });
  });
  return Array.from(paths, ([key, d]) => {
    const [kind = '', opacity = ''] = key.split(' ');
    return svgElement('path', { d, fill: `var(--${kind})`, 'fill-opacity': opacity });
  });
}
