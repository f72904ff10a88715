import { saveFile } from './save-file.ts';

/** Gives the visitor a chart, with the colours that it has on the page. */
export async function saveChart(name: string, svg: SVGSVGElement, type: 'svg' | 'png'): Promise<void> {
  const text = standalone(svg);
  if (type === 'svg') {
    saveFile(`${name}.svg`, new Blob([text], { type: 'image/svg+xml' }));
    return;
  }
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  const { width, height } = svg.getBoundingClientRect();
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => {
    if (blob !== null) saveFile(`${name}.png`, blob);
  }, 'image/png');
}

/** The chart as a file: colours that the page's style has are written into it. */
function standalone(svg: SVGSVGElement): string {
  const style = getComputedStyle(svg);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('aria-hidden');
  copy.style.color = style.color;
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, variable: string) => style.getPropertyValue(variable).trim());
}
