import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { ppm } from './support/bitmap.ts';
import {
  openPlatform,
  serveMachine,
  serveStatic,
  type TestPlatform,
  type TestStudio,
} from './support/studio.ts';

let folder: string;
const files: Record<'dark' | 'light', string[]> = { dark: [], light: [] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-page-'));
  for (let at = 0; at < 12; at++) {
    for (const name of ['dark', 'light'] as const) {
      const path = join(folder, `${name} ${at}.ppm`);
      const least = name === 'dark' ? 0 : 190;
      const grey = (x: number, y: number): number => least + ((7 * x + 13 * y + 11 * at) % 60);
      await writeFile(
        path,
        ppm(32, 32, (x, y) => [grey(x, y), grey(y, x), grey(x + 1, y)]),
      );
      files[name].push(path);
    }
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!browsers.includes('chromium'))("a visitor's own pictures", () => {
  let browser: TestBrowser;
  let opened: TestPlatform;

  beforeAll(async () => {
    browser = await openBrowser('chromium');
    opened = await openPlatform();
  });

  afterAll(async () => {
    await browser.close();
    await opened.close();
  });

  test.each<{ where: string; serve: () => Promise<TestStudio> }>([
    { where: 'this machine', serve: () => serveMachine(opened) },
    { where: 'the page', serve: () => serveStatic(true) },
  ])('are trained on and told apart by the engine of $where', async ({ serve }) => {
    const studio = await serve();
    const test = await browser.newPage();
    try {
      await test.goto(`${studio.url}#/data`);
      const page = test.driver.playwright;
      if (page === undefined) throw new Error('expected Chromium to be driven by Playwright');
      await collect(page);
      await train(page);
      await page.getByRole('link', { name: 'Use it' }).click();
      await page
        .getByLabel('Drop a picture that it has never seen', { exact: true })
        .setInputFiles(files.dark[11]);
      const answers = page.getByRole('list', { name: 'What it takes them for' });
      await answers
        .getByText(/^(dark|light), \d/)
        .first()
        .waitFor();
      // Both classes are named, with probabilities that are one together.
      const said = await answers.locator('ol li').allTextContents();
      const shares = said.map((text) => Number(/, ([\d.]+) %/.exec(text)?.[1]));
      expect(said.map((text) => text.split(',')[0]).toSorted()).toEqual(['dark', 'light']);
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(100, 0);
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'For Cardinal' }).click();
      expect((await download).suggestedFilename()).toBe('resnext_cifar.safetensors');
    } finally {
      await test.close();
      await studio.close();
    }
  });
});

/** Two classes of ten pictures each, of files that are chosen. */
async function collect(page: Page): Promise<void> {
  for (const name of ['dark', 'light'] as const) {
    await page.getByRole('button', { name: 'Add a class' }).click();
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill(name);
    await page
      .getByLabel(`Drop pictures of ${name} here`, { exact: true })
      .setInputFiles(files[name].slice(0, 10));
    await page
      .getByRole('region', { name: `Class ${name}` })
      .getByText('10 pictures')
      .waitFor();
  }
  await page.getByRole('button', { name: 'Use these pictures' }).click();
  await page.getByRole('button', { name: 'dark', exact: true }).waitFor();
}

async function train(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Train with these pictures' }).click();
  await page.getByLabel('Epochs', { exact: true }).fill('1');
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByText('Finished: 1 of 1 epochs.').waitFor({ timeout: 60_000 });
}
