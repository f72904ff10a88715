import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.ts';

/** What the charts need of a DOM element. The core is typed without the DOM library, as workers have none. */
export interface SvgElement {
  setAttribute(name: string, value: string): void;
  append(child: SvgElement): void;
  readonly outerHTML: string;
}

interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}

// Plot draws into a DOM; linkedom provides one where there is no browser. Its own types name the DOM library's.
const { document } = parseHTML('<!doctype html><html><body></body></html>') as { document: SvgDocument };

export type ChartOptions = Omit<Plot.PlotOptions, 'style' | 'document' | 'className'>;

/**
 * A chart as SVG text, its letters `fontSize` pixels high. Lines and letters take the colour of the text around them,
 * so it fits light and dark pages.
 */
export function chart(options: ChartOptions, description: string, fontSize = 12): Html {
  const style = { fontSize: `${fontSize}px`, background: 'transparent' };
  const plotOptions: object = { ...options, className: 'plot', style, document };
  // Plot's result is typed by the DOM library, which is not there.
  const drawn = Plot.plot(plotOptions) as SvgElement;
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', description);
  return new Html(drawn.outerHTML);
}

/** An element for a mark of one's own. */
export function svgElement(name: string, attributes: Readonly<Record<string, string>>): SvgElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
