import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { Rng } from '../../src/base/rng.ts';

/** Pictures of 12×12 pixels with what is in them: a red half, a blue half, both or neither, on grey of some brightness. */
export interface LabelledPictures {
  readonly names: readonly string[];
  /** `file,labels` with the labels red and blue. */
  readonly labels: string;
  /** `file,brightness,contrast`. */
  readonly numbers: string;
}

/** Writes so many of them to `<folder>/<below>/<n>.png`. */
export async function writeLabelled(folder: string, count: number, below = ''): Promise<LabelledPictures> {
  const found = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const rng = Rng.of(5, below, n);
      const [red, blue] = [n % 2 === 1, n % 4 > 1];
      const brightness = Math.round(100 * rng.float()) / 100;
      const grey = 40 + 100 * brightness;
      const data = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) => {
        const isLeft = Math.floor(i / 3) % 12 < 6;
        const channel = i % 3;
        const isOn = (isLeft && red && channel === 0) || (!isLeft && blue && channel === 2);
        return Math.min(255, grey + (isOn ? 100 : 0) + rng.int(11));
      });
      const name = join(below, `${n}.png`);
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await sharp(data, { raw: { width: 12, height: 12, channels: 3 } })
        .png()
        .toFile(join(folder, name));
      const labels = [...(red ? ['red'] : []), ...(blue ? ['blue'] : [])].join('|');
      return { name, labels: `${name},${labels}`, numbers: `${name},${brightness},${-2 * brightness}` };
    }),
  );
  return {
    names: found.map(({ name }) => name),
    labels: ['file,labels', ...found.map(({ labels }) => labels), ''].join('\n'),
    numbers: ['file,brightness,darkness', ...found.map(({ numbers }) => numbers), ''].join('\n'),
  };
}

/** Writes text beside pictures. */
export async function writeText(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  return path;
}
