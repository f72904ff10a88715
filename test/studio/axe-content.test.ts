import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { faults } from './support/axe.ts';
import { openRoom } from './support/page.ts';
import { bluish, reddish, writeBlocks } from './support/pictures.ts';
import { serveMachine, type TestStudio } from './support/studio.ts';
import { openTrained, type TrainedStudio } from './support/trained.ts';

let opened: TrainedStudio;
let studio: TestStudio;

/** What each room is filled with before it is looked at: all that it can show at once. */
const filled: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  Network: async (page) => {
    await page.getByRole('tree').or(page.getByRole('treeitem').first()).first().waitFor();
    await page.getByRole('treeitem').first().focus();
    await page.keyboard.press('ArrowRight');
    await openAll(page);
  },
  Data: async (page) => {
    const [one] = await writeBlocks(join(opened.folder, 'one'), reddish, { count: 1 });
    const others = await writeBlocks(join(opened.folder, 'two'), bluish, { count: 2 });
    const none = join(opened.folder, 'none.txt');
    await writeFile(none, 'no picture');
    for (const [name, files] of [
      ['ones', [one, none]],
      ['twos', others],
    ] as const) {
      await page.getByRole('button', { name: 'Add a class' }).click();
      await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill(name);
      await page.getByLabel(`Drop pictures of ${name} here`, { exact: true }).setInputFiles([...files]);
      await page
        .getByRole('region', { name: `Class ${name}` })
        .locator('canvas')
        .first()
        .waitFor();
    }
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill('ones');
    await page.getByText('Left out').waitFor();
    await page.getByRole('button', { name: 'Use the camera' }).first().click();
    await page.getByRole('button', { name: 'Read all pictures' }).click();
    await page.getByText('Mean of the').waitFor();
  },
  Train: async (page) => {
    await page.getByText(/Finished: 4 of 4 epochs/).waitFor();
    await page.locator('svg').first().waitFor();
    await page.locator('.strip canvas').first().waitFor();
    await openAll(page);
  },
  Judge: async (page) => {
    await page.getByRole('button', { name: 'Judge', exact: true }).click();
    await page.getByRole('region', { name: 'Confusion matrix' }).getByRole('button').first().click();
    await page.locator('.judge-plot').nth(1).waitFor();
  },
  'Look inside': async (page) => {
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    await openAll(page);
  },
  Paper: async (page) => {
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    await openAll(page);
  },
  Use: async (page) => {
    const [one] = await writeBlocks(join(opened.folder, 'tried'), reddish, { count: 1 });
    await page.getByLabel('Drop a picture that it has never seen', { exact: true }).setInputFiles(one);
    await page.getByRole('list', { name: 'What it takes them for' }).locator('ol li').first().waitFor();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await openAll(page);
  },
};

/** Opens whatever can be unfolded. */
async function openAll(page: Page): Promise<void> {
  for (const details of await page.locator('main details:not([open]) > summary').all()) await details.click();
}

describe.skipIf(!browsers.includes('chromium'))('axe finds nothing in rooms that are full', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    opened = await openTrained();
    studio = await serveMachine(opened);
    browser = await openBrowser('chromium');
  });

  afterAll(async () => {
    await browser.close();
    await studio.close();
    await opened.close();
  });

  test.each(['light', 'dark'] as const)('in a %s page', async (scheme) => {
    const { page } = await openRoom(browser, studio);
    await page.emulateMedia({ colorScheme: scheme });
    const found: Record<string, string[]> = {};
    for (const [room, fill] of Object.entries(filled)) {
      await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: room }).click();
      await page.getByRole('heading', { level: 1, name: room }).waitFor();
      await fill(page);
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
      const lines = await faults({
        evaluate: (work, given) =>
          page.evaluate(`(${String(work)})(${JSON.stringify(given) ?? ''})`) as never,
      });
      if (lines.length > 0) found[room] = lines;
    }
    expect(found).toEqual({});
  });
});
