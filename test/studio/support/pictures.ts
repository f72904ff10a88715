import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Rng } from '../../../src/base/rng.ts';
import { ppm } from './bitmap.ts';

type Colour = readonly [number, number, number];

/** A picture of blocks in two shades of a colour, which a number decides: no two look alike, and all of a colour look related. */
export function blocks(seed: number, colour: Colour, [width, height] = [32, 32]): Uint8Array {
  const rng = Rng.of(seed, 'blocks');
  const shades = Array.from({ length: 64 }, () => 0.6 + 0.4 * rng.float());
  return ppm(width, height, (x, y) => {
    const shade = shades[Math.floor((8 * y) / height) * 8 + Math.floor((8 * x) / width)];
    return colour.map((each) => Math.round(each * shade)) as [number, number, number];
  });
}

/** Writes `count` of them into a folder, `1.ppm` and so on, and gives their paths. */
export async function writeBlocks(
  folder: string,
  colour: Colour,
  { count, seed = 0 }: { readonly count: number; readonly seed?: number },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = Array.from({ length: count }, (_, at) => join(folder, `${at + 1}.ppm`));
  for (const [at, path] of paths.entries()) await writeFile(path, blocks(1000 * seed + at, colour));
  return paths;
}

export const reddish: Colour = [230, 60, 40];
export const bluish: Colour = [30, 80, 235];
export const greenish: Colour = [40, 200, 60];

/** A video of one colour as YUV4MPEG2, which Chromium takes for a camera. */
export function video([red, green, blue]: Colour, [width, height] = [64, 64], frames = 8): Uint8Array {
  // BT.601, studio range, as readers of these files expect.
  const y = Math.round(16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256);
  const u = Math.round(128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256);
  const v = Math.round(128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256);
  const frame = Buffer.concat([
    Buffer.from('FRAME\n'),
    Buffer.alloc(width * height, y),
    Buffer.alloc((width * height) / 4, u),
    Buffer.alloc((width * height) / 4, v),
  ]);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F20:1 Ip A1:1 C420\n`);
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame)]);
}
