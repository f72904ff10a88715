import { saveChart } from '../parts/save-chart.ts';
import type { Series } from './draw-chart.ts';
import { swatchMarks } from './swatch.tsx';

interface SavedChart {
  readonly file: string;
  readonly title: string;
  readonly svg: SVGSVGElement;
  readonly series: readonly Series[];
  readonly format: 'svg' | 'png';
}

const svgNamespace = 'http://www.w3.org/2000/svg';
const rowHeight = 20;
const titleHeight = 28;

/** Saves a chart with its title and with what tells the runs apart: a picture goes where the page does not. */
export async function saveDrawn({ file, title, svg, series, format }: SavedChart): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const all = element('svg', {
    ...{ width, height: titleHeight + height + rowHeight * series.length + 8 },
    'font-family': 'system-ui, sans-serif',
    'font-size': 13,
    fill: 'currentColor',
  });
  all.append(textAt(title, 8, 19, { 'font-weight': 600 }));
  const chart = svg.cloneNode(true) as SVGSVGElement;
  chart.setAttribute('y', String(titleHeight));
  all.append(chart);
  for (const [row, { run, look }] of series.entries()) {
    const y = titleHeight + height + rowHeight * row;
    const group = element('g', { transform: `translate(12 ${y})` });
    for (const { name, attributes } of swatchMarks(look)) group.append(element(name, attributes));
    group.append(textAt(run, 38, 11));
    all.append(group);
  }
  // Colours are known of what is in the page.
  const place = document.createElement('div');
  place.className = 'out-of-sight';
  place.append(all);
  document.body.append(place);
  try {
    await saveChart(file, all as SVGSVGElement, format);
  } finally {
    place.remove();
  }
}

type Attributes = Readonly<Record<string, string | number>>;

function element(name: string, attributes: Attributes): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function textAt(text: string, x: number, y: number, attributes: Attributes = {}): SVGElement {
  const made = element('text', { x, y, ...attributes });
  made.textContent = text;
  return made;
}
