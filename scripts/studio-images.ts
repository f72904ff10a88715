/**
 * Makes the studio's pictures in docs/images, of the run that comes with it; with a folder a picture of every room there instead: light,
 * dark, wide and as narrow as a telephone.
 *
 *     node scripts/studio-images.ts [FOLDER]
 *
 * Needs Chromium.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { withEndings } from '../src/base/endings.ts';
import { createStudio } from '../src/serve/studio/create-studio.ts';
import { sorted } from '../src/serve/studio/platform/named.ts';
import { NodeStudio } from '../src/serve/studio/platform/node-studio.ts';
import { exampleName } from '../src/studio/example.ts';
import { root } from './on-node.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const all = positionals.at(0);

/** Rooms by their addresses, and what is done there before it is looked at. */
const rooms: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  network: (page) => page.getByRole('treeitem').first().waitFor(),
  data: (page) => page.locator('.balance').waitFor(),
  train: (page) => page.locator('.strip canvas').first().waitFor(),
  judge: async (page) => {
    await page.getByRole('button', { name: 'Judge', exact: true }).click();
    await page.locator('.judge-plot').nth(1).waitFor({ timeout: 120_000 });
  },
  inside: async (page) => {
    await page.locator('.inside-chooser select').nth(2).selectOption('0');
    await page.locator('.inside-pictures canvas').nth(1).waitFor();
  },
  paper: (page) => page.locator('main svg').first().waitFor(),
  use: (page) => page.locator('.drop').first().waitFor(),
};

/** Those of docs/images. */
const chosen = [
  { room: 'network', name: 'studio-network' },
  { room: 'judge', name: 'studio-judge' },
] as const;

await withEndings(async (endings) => {
  const runsFolder = await mkdtemp(join(tmpdir(), 'cardinal-images-'));
  endings.add(() => rm(runsFolder, { recursive: true, force: true }));
  const platform = await NodeStudio.create({
    named: [
      ...(await sorted([join(root, 'data/fashion-mnist-sample')])),
      { kind: 'run', path: join(root, 'data/fashion-mnist-run'), name: exampleName, isExample: true },
    ],
    runsFolder,
  });
  endings.add(() => platform.dispose());
  const app = await createStudio({ platform, token: 'images', folder: join(root, 'dist/studio') });
  endings.add(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/?token=images`;
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  endings.add(() => browser.close());

  const look = async (
    room: string,
    {
      width,
      height,
      scheme,
      full,
    }: { width: number; height: number; scheme: 'light' | 'dark'; full: boolean },
  ): Promise<Buffer> => {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    await page.goto(`${url}#/${room}`);
    await rooms[room](page);
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    // Pictures and drawings that come after their rooms.
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(1000);
    const picture = await page.screenshot({ fullPage: full });
    await page.close();
    return picture;
  };

  if (all === undefined) {
    for (const { room, name } of chosen) {
      const picture = await look(room, { width: 1280, height: 860, scheme: 'light', full: false });
      const small = await sharp(picture).png({ palette: true, colours: 128, effort: 10 }).toBuffer();
      await writeFile(join(root, `docs/images/${name}.png`), small);
      console.log(`${name}.png: ${Math.ceil(small.length / 1000)} kB`);
    }
    return;
  }
  await mkdir(all, { recursive: true });
  for (const room of Object.keys(rooms)) {
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [360, 1280]) {
        const picture = await look(room, { width, height: 800, scheme, full: true });
        await writeFile(join(all, `${room}-${scheme}-${width}.png`), picture);
      }
    }
    console.log(room);
  }
});
