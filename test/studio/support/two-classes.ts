import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestPage } from '../../browser/support/browsers.ts';
import { ppm } from './bitmap.ts';
import { fill, give, press, says } from './page-actions.ts';

/** Pictures of a visitor's own, which anything learns to tell apart at once. */
export interface TwoClasses {
  readonly dark: readonly string[];
  readonly light: readonly string[];
  remove(): Promise<void>;
}

/** Writes so many pictures of each of two classes. */
export async function twoClasses(each: number): Promise<TwoClasses> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-two-classes-'));
  const write = (name: string, least: number): Promise<string[]> =>
    Promise.all(
      Array.from({ length: each }, async (_, at) => {
        const path = join(folder, `${name} ${at}.ppm`);
        const grey = (x: number, y: number): number => least + ((7 * x + 13 * y + 11 * at) % 60);
        await writeFile(
          path,
          ppm(32, 32, (x, y) => [grey(x, y), grey(y, x), grey(x + 1, y)]),
        );
        return path;
      }),
    );
  return {
    dark: await write('dark', 0),
    light: await write('light', 190),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Makes data of them in the room Data, as a visitor does, and sees that it is chosen. */
export async function collect(page: TestPage, pictures: TwoClasses): Promise<void> {
  await send(page, pictures);
  await says(page, /class training [a-z ]*dark \d/);
}

/** The same, whatever comes of it. */
export async function send(page: TestPage, { dark, light }: TwoClasses): Promise<void> {
  await press(page, 'Data');
  for (const [name, files] of Object.entries({ dark, light })) {
    await press(page, 'Add a class');
    await fill(page, 'Class', name);
    await says(page, new RegExp(`Drop pictures of ${name} here`));
    await give(page, `Drop pictures of ${name} here`, files);
    await says(page, new RegExp(`Remove ${name} ${files.length} pictures`));
  }
  await press(page, 'Use these pictures');
}
