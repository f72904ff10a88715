import { chart, type ChartOptions } from '../src/report/plot.ts';

const namespace = 'xmlns="http://www.w3.org/2000/svg"';
const ink = '<style>svg{color:#1c1f23}@media(prefers-color-scheme:dark){svg{color:#e8eaed}}</style>';

/** A chart as an SVG file that reads on light and dark pages. */
export function svgFile(options: ChartOptions, description: string): string {
  return chart(options, description).text.replace('<svg', `<svg ${namespace}`).replace('>', `>${ink}`);
}

/** Charts one below the other in one SVG file, as wide as `width`. */
export function stackedSvgFile(
  width: number,
  panels: readonly (ChartOptions & { readonly height: number; readonly description: string })[],
  description: string,
): string {
  let top = 0;
  const parts = panels.map(({ description: what, ...options }) => {
    const drawn = chart({ ...options, width }, what).text.replace('<svg', `<svg y="${top}"`);
    top += options.height;
    return drawn;
  });
  return `<svg ${namespace} role="img" aria-label="${description}" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}">${ink}${parts.join('')}</svg>\n`;
}
