import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { faultsOfRoom } from './support/axe.ts';
import { ppm } from './support/bitmap.ts';
import { dropOn } from './support/drop.ts';
import { engines, filmed, openRoom, sumOfDigits } from './support/page.ts';
import { blocks, bluish, reddish, writeBlocks } from './support/pictures.ts';
import { openPlatform, serveMachine } from './support/studio.ts';

/** What is used of a canvas; its type is not one of Node's. */
interface Canvas {
  getContext(kind: '2d'): {
    getImageData(...box: readonly number[]): { readonly data: Uint8ClampedArray };
  } | null;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-data-room-'));
  const pets = join(folder, 'pets');
  await writeBlocks(join(pets, 'cats'), reddish, { count: 6, seed: 1 });
  await writeBlocks(join(pets, 'dogs/more'), bluish, { count: 5, seed: 2 });
  await writeBlocks(join(pets, 'dogs'), bluish, { count: 3, seed: 3 });
  await mkdir(join(pets, '.hidden'));
  await writeFile(join(pets, '.hidden/1.ppm'), blocks(1, reddish));
  await writeFile(join(pets, 'cats/.DS_Store'), 'of a Mac');
  await writeFile(join(pets, 'cats/notes.txt'), 'no picture');
  await writeFile(join(pets, 'cats/broken.jpg'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const card = (page: Page, name: string) => page.getByRole('region', { name: `Class ${name}`, exact: true });
const field = (page: Page) =>
  page.locator('.drop', { hasText: 'Drop a folder for each class here, or pictures of one class' });

describe.skipIf(!browsers.includes('chromium')).each(engines)('in the room Data, by $where', ({ serve }) => {
  let browser: TestBrowser;
  let studio: Awaited<ReturnType<typeof serve>>;
  let page: Page;
  let shown: TestPage;
  let lines: readonly string[];

  beforeAll(async () => {
    browser = await openBrowser('chromium');
    studio = await serve();
    const room = await openRoom(browser, studio, 'data');
    page = room.page;
    shown = room.opened;
    lines = room.opened.console;
  });

  afterAll(async () => {
    await browser.close();
    await studio.close();
  });

  test('a dropped folder brings a class for each folder in it; what is no picture is told, the rest is there', async () => {
    await dropOn(field(page), [join(folder, 'pets')]);
    await card(page, 'cats').getByText('6 pictures').waitFor();
    await card(page, 'more').getByText('5 pictures').waitFor();
    await card(page, 'dogs').getByText('3 pictures').waitFor();
    const told = await page
      .getByRole('alert')
      .filter({ hasText: 'Left out' })
      .getByRole('listitem')
      .allTextContents();
    expect(told.map((line) => line.split(':')[0]).toSorted()).toEqual(['broken.jpg', 'notes.txt']);
    expect(await page.getByRole('region', { name: /^Class / }).count()).toBe(3);
  });

  test('a class gets another name, and says so if the name is taken or empty', async () => {
    const name = card(page, 'more').getByRole('textbox', { name: 'Class' });
    const box = await name.elementHandle();
    await name.fill('dogs');
    await page.getByText('Another class has this name').first().waitFor();
    expect(await box.getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Use these pictures' }).click();
    await page
      .getByRole('alert')
      .getByText(/two classes "dogs" and "dogs".*rename one of them/)
      .waitFor();
    await box.fill('');
    await page.getByText('Give it a name.').waitFor();
    await box.fill('wolves');
    await card(page, 'wolves').getByText('5 pictures').waitFor();
    expect(await page.getByText('Another class has this name').count()).toBe(0);
  });

  test('loose pictures and those of the camera join a class; a class is taken away', async () => {
    const more = await writeBlocks(join(folder, 'loose'), bluish, { count: 2, seed: 4 });
    await dropOn(card(page, 'wolves').locator('.drop'), more);
    await card(page, 'wolves').getByText('7 pictures').waitFor();
    await card(page, 'wolves').getByRole('button', { name: 'Use the camera' }).click();
    await filmed(page);
    await card(page, 'wolves').getByRole('button', { name: 'Take a picture' }).click();
    await card(page, 'wolves').getByText('8 pictures').waitFor();
    await card(page, 'wolves').getByRole('button', { name: 'Close the camera' }).click();
    await card(page, 'dogs').getByRole('button', { name: 'Remove dogs' }).click();
    expect(await page.getByRole('region', { name: /^Class / }).count()).toBe(2);
  });

  test('become data with a part held out, class by class', async () => {
    await page.getByLabel('Name of these pictures').fill('animals');
    await page.getByRole('button', { name: 'Use these pictures' }).click();
    await page.getByRole('button', { name: 'wolves', exact: true }).waitFor();
    expect(await page.locator('.choose select').locator('option:checked').textContent()).toBe('animals');
    const rows = await page.locator('.balance tbody tr').allTextContents();
    const sums = rows.map((row) => [row.replaceAll(/\d/g, ''), sumOfDigits(row)]);
    expect(sums).toEqual([
      ['cats', 6],
      ['wolves', 8],
    ]);
    expect(await page.locator('.balance caption').textContent()).toContain('held out');
    await page.getByRole('button', { name: 'wolves', exact: true }).click();
    await page.getByRole('list', { name: 'Pictures of wolves' }).locator('canvas').first().waitFor();
  });

  test('a picture that is there twice is found, and mean and deviation are theirs', async () => {
    const flat = join(folder, 'flat');
    await mkdir(flat, { recursive: true });
    // Walsh functions: half of each picture is of one colour, half of another, and none is its own mirror image.
    const walsh = ([across, down]: readonly [number, number], side: number): Uint8Array =>
      ppm(side, side, (x, y) => {
        const bits = (across & Math.floor((8 * x) / side)) | ((down & Math.floor((8 * y) / side)) << 3);
        return bits.toString(2).replaceAll('0', '').length % 2 === 0 ? [204, 102, 51] : [102, 51, 204];
      });
    const orders = [
      [1, 2],
      [2, 4],
      [4, 1],
      [7, 5],
    ] as const;
    const paths = await Promise.all(
      orders.map(async (order, at) => {
        const path = join(flat, `${at}.ppm`);
        await writeFile(path, walsh(order, 32));
        return path;
      }),
    );
    const twin = join(flat, 'twin.ppm');
    await writeFile(twin, walsh(orders[0], 64));
    for (const [name, files] of [
      ['one', paths.slice(0, 2)],
      ['two', [...paths.slice(2), twin]],
    ] as const) {
      await page.getByRole('button', { name: 'Add a class' }).click();
      await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill(name);
      await page.getByLabel(`Drop pictures of ${name} here`, { exact: true }).setInputFiles(files);
      await card(page, name).getByText(`${files.length} pictures`).waitFor();
    }
    await page.getByRole('button', { name: 'Use these pictures' }).click();
    await page.getByRole('button', { name: 'two', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Read all pictures' }).click();
    const found = page.getByRole('status').filter({ hasText: 'Mean of the' });
    await found.waitFor();
    // (204 + 102) / 2 / 255 = 0.6, and ± 51/255 = 0.2 about it; likewise (0.3, 0.1) and (0.5, 0.3).
    expect(await found.locator('p').first().textContent()).toBe(
      '5 pictures, none broken, 1 group that looks alike. Mean of the training pictures 0.600, 0.300, 0.500, standard deviation 0.200, 0.100, 0.300, of 1.',
    );
    const alike = () =>
      found
        .getByRole('img')
        .evaluateAll((all: unknown) =>
          (all as readonly { ariaLabel: string | null }[])
            .map((one) => (one.ariaLabel ?? '').split(/[/\\]/).slice(-2).join('/'))
            .toSorted(),
        );
    await expect.poll(alike).toEqual(['one/00001.ppm', 'two/00003.ppm']);
  });

  test('augmentation is live: a mirror turns every picture round, and without any all are as they were', async () => {
    const shown = page.getByRole('list', { name: 'The picture as training sees it' }).locator('canvas');
    const columns = () =>
      shown.evaluateAll((all: unknown) =>
        (all as readonly Canvas[]).map((canvas) => {
          const { data } = canvas.getContext('2d')?.getImageData(0, 36, 64, 1) ?? {
            data: [],
          };
          // Two columns in the middle of each block, so that the other way round they are the same columns.
          return Array.from({ length: 16 }, (_, at) => data[4 * (8 * (at >> 1) + 3 + (at & 1))]);
        }),
      );
    const mirrored = page.getByRole('slider', { name: 'Mirrored, share of the pictures' });
    const settled = async (share: string, holds: (all: number[][]) => boolean) => {
      await expect.poll(columns, { message: share }).toSatisfy(holds);
      return columns();
    };
    const isOne = (all: number[][]): boolean =>
      all.length === 12 && new Set(all.map(String)).size === 1 && all[0].some((value) => value > 0);
    await page.getByRole('combobox', { name: 'Crop' }).selectOption('none');
    await mirrored.fill('0');
    const [plain] = await settled('0', isOne);
    await mirrored.fill('4');
    const [turned] = await settled('1', (all) => isOne(all) && String(all[0]) !== String(plain));
    expect(turned).toEqual(plain.toReversed());
    await mirrored.fill('2');
    const some = await settled('0.5', (all) => new Set(all.map(String)).size === 2);
    expect(new Set(some.map(String))).toEqual(new Set([String(plain), String(turned)]));
  });

  test('axe finds nothing in it as it stands, light or dark, wide or narrow', async () => {
    expect(await faultsOfRoom(shown)).toEqual([]);
  });

  test('and nothing went wrong meanwhile', () => {
    expect(lines.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});

test.skipIf(!browsers.includes('chromium'))('a named folder’s broken pictures are listed', async () => {
  const named = join(folder, 'named');
  await writeBlocks(join(named, 'left'), reddish, { count: 12, seed: 5 });
  await writeBlocks(join(named, 'right'), bluish, { count: 12, seed: 6 });
  await writeFile(join(named, 'left/torn.jpg'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2));
  const opened = await openPlatform([named]);
  const studio = await serveMachine(opened);
  const browser = await openBrowser('chromium');
  try {
    const { page } = await openRoom(browser, studio, 'data');
    await page.getByRole('button', { name: 'Read all pictures' }).click();
    await page.getByText('25 pictures, 1 broken').waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'torn.jpg' }).textContent()).toMatch(
      /cannot read/,
    );
  } finally {
    await browser.close();
    await studio.close();
    await opened.close();
  }
});
