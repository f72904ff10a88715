import type { Filters } from 'cardinal-nn/studio';

/** How a weight is drawn: grey is 0, black the negative of the layer's largest value, white the largest. */
function shade(value: number, largest: number): number {
  return largest === 0 ? 128 : Math.round(127.5 + (127.5 * value) / largest);
}

/** The filter of an output that reads red, green and blue, as a picture. */
export function composite({ shape, data, largest }: Filters, output: number): ImageData {
  const [, inputs, rows, columns] = shape;
  const image = new ImageData(columns, rows);
  const size = rows * columns;
  for (let at = 0; at < size; at++) {
    const rgb = [0, 1, 2].map((input) => shade(data[(output * inputs + input) * size + at], largest));
    image.data.set([...rgb, 255], 4 * at);
  }
  return image;
}

/** The filter of an output, a slice for each input side by side in rows that make it about square. Between slices nothing is drawn. */
export function slices({ shape, data, largest }: Filters, output: number): ImageData {
  const [, inputs, rows, columns] = shape;
  const size = rows * columns;
  const gap = size === 1 ? 0 : 1;
  const across = Math.ceil(Math.sqrt(inputs));
  const down = Math.ceil(inputs / across);
  const image = new ImageData(across * (columns + gap) - gap, down * (rows + gap) - gap);
  for (let input = 0; input < inputs; input++) {
    const left = (input % across) * (columns + gap);
    const top = Math.floor(input / across) * (rows + gap);
    for (let at = 0; at < size; at++) {
      const grey = shade(data[(output * inputs + input) * size + at], largest);
      const [x, y] = [left + (at % columns), top + Math.floor(at / columns)];
      image.data.set([grey, grey, grey, 255], 4 * (y * image.width + x));
    }
  }
  return image;
}
