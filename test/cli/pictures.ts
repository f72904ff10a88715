import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Rng } from '../../src/base/rng.ts';

/** What a class looks like: noise around one colour, so that a network learns it in a few steps. */
export const colours: Readonly<Record<string, readonly [number, number, number]>> = {
  blue: [30, 40, 200],
  green: [30, 190, 40],
  red: [210, 40, 30],
};

/** Writes `<folder>/<split>/<class>/<n>.png`, 12×12 pixels each. */
export async function writePictures(
  folder: string,
  counts: Readonly<Record<string, number>>,
  classes: readonly string[] = Object.keys(colours),
): Promise<void> {
  for (const [split, count] of Object.entries(counts)) {
    for (const name of classes) {
      const directory = join(folder, split, name);
      await mkdir(directory, { recursive: true });
      await Promise.all(
        Array.from({ length: count }, async (_, n) => {
          const rng = Rng.of(1, split, name, n);
          const [r, g, b] = colours[name] ?? [128, 128, 128];
          const data = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) =>
            Math.min(255, Math.max(0, [r, g, b][i % 3] + rng.int(41) - 20)),
          );
          const raw = { width: 12, height: 12, channels: 3 } as const;
          await sharp(data, { raw })
            .png()
            .toFile(join(directory, `${n}.png`));
        }),
      );
    }
  }
}
