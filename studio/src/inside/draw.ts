import type { LayerMaps, PictureExplained, Pixels } from 'cardinal-nn/studio';
import { interpolateInferno } from 'd3-scale-chromatic';

/** 256 colours of matplotlib's inferno, whose lightness grows evenly. */
const inferno = Array.from({ length: 256 }, (_, at) => {
  const colour = Number.parseInt(interpolateInferno(at / 255).slice(1), 16);
  return [colour >> 16, (colour >> 8) & 255, colour & 255] as const;
});

/** How much of the picture the strongest colour covers, and how bright what the network did not see remains. */
const opacity = 0.75;
const unseen = 0.3;

/** A picture as a canvas takes it; with a map, in grey and with what speaks for the class in colours. */
export function drawn(
  { width, height, channels, data }: Pixels,
  explained: Pick<PictureExplained, 'map' | 'width' | 'height' | 'region'> | undefined,
): ImageData {
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [r, g, b] = [0, 1, 2].map((c) => data[at * channels + (channels === 1 ? 0 : c)]);
      const grey = 0.299 * r + 0.587 * g + 0.114 * b;
      const strength =
        explained === undefined ? undefined : strengthAt(explained, (x + 0.5) / width, (y + 0.5) / height);
      const shown = explained === undefined ? [r, g, b] : coloured(grey, strength);
      image.data.set([...shown, 255], 4 * at);
    }
  }
  return image;
}

/** Undefined where the network did not see. */
function strengthAt(
  { map, width, height, region }: Pick<PictureExplained, 'map' | 'width' | 'height' | 'region'>,
  u: number,
  v: number,
): number | undefined {
  const x = Math.floor(((u - region.left) / region.width) * width);
  const y = Math.floor(((v - region.top) / region.height) * height);
  return x < 0 || y < 0 || x >= width || y >= height ? undefined : map[y * width + x];
}

function coloured(grey: number, strength: number | undefined): readonly number[] {
  if (strength === undefined) return [grey * unseen, grey * unseen, grey * unseen];
  const colour = inferno[Math.round(255 * strength)] ?? [0, 0, 0];
  return colour.map((value) => grey + opacity * strength * (value - grey));
}

/** A channel of a layer, from its least value (black) to its largest. */
export function featureMap({ shape, data }: LayerMaps, channel: number): ImageData {
  const [, height = 1, width = 1] = shape;
  const values = data.subarray(channel * height * width, (channel + 1) * height * width);
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const,
    [Infinity, -Infinity] as const,
  );
  const image = new ImageData(width, height);
  values.forEach((value, at) => {
    const share = most > least ? (value - least) / (most - least) : 0;
    const colour = inferno[Math.round(255 * share)] ?? [0, 0, 0];
    image.data.set([...colour, 255], 4 * at);
  });
  return image;
}
