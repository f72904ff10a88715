import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, startBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { dropAt } from './support/drop.ts';
import { engines, filmed, openRoom } from './support/page.ts';
import { bluish, reddish, video, writeBlocks } from './support/pictures.ts';

/** Milliseconds: a browser that starts and a run that trains, on a machine that does other things too. */
const busy = 300_000;

let folder: string;
let browser: TestBrowser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-trial-'));
  await writeBlocks(join(folder, 'tomatoes'), reddish, { count: 20, seed: 1 });
  await writeBlocks(join(folder, 'plums'), bluish, { count: 20, seed: 2 });
  const camera = join(folder, 'camera.y4m');
  await writeFile(camera, video([150, 50, 30]));
  if (!browsers.includes('chromium')) return;
  browser = await startBrowser('chromium', {}, [`--use-file-for-fake-video-capture=${camera}`]);
}, busy);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** docs/LOG.md says where the first who tried it stopped. */
describe.skipIf(!browsers.includes('chromium'))('a new user, from drop to camera test', () => {
  test.each(engines)(
    'by the engine of $where: eight actions, no setting touched',
    async ({ serve }) => {
      const studio = await serve();
      try {
        if (browser === undefined) throw new Error('expected a browser');
        const { page } = await openRoom(browser, studio);
        // Wherever one happens to be, beside any field.
        await dropAt(page, [200, 300], [join(folder, 'tomatoes'), join(folder, 'plums')]);
        for (const name of ['tomatoes', 'plums']) {
          await page
            .getByRole('region', { name: `Class ${name}` })
            .getByText('20 pictures')
            .waitFor();
        }
        await page.getByRole('button', { name: 'Use these pictures' }).click();
        // It is there when they are ready, and Enter is enough.
        const next = page.getByRole('link', { name: 'Train with these pictures' });
        await page.getByRole('button', { name: 'plums', exact: true }).waitFor();
        await expect.poll(() => page.locator(':focus').textContent()).toBe('Train with these pictures');
        await next.press('Enter');
        await page.getByRole('button', { name: 'Start training' }).click();
        // Not that of the run that comes with the studio.
        const run = page.getByRole('region', { name: 'Run resnext_cifar' });
        await run.getByText(/Finished: \d+ of \d+ epochs/).waitFor({ timeout: busy });
        await page.getByRole('link', { name: 'Use it' }).click();
        await page.getByRole('button', { name: 'Use the camera' }).click();
        await filmed(page);
        await page.getByRole('button', { name: 'Take a picture' }).click();
        const first = page.getByRole('list', { name: 'What it takes them for' }).locator('ol li').first();
        expect(await first.textContent()).toMatch(/^tomatoes, /);
      } finally {
        await studio.close();
      }
    },
    busy,
  );
});
