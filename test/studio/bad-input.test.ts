import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { createStudio } from '../../src/serve/studio/create-studio.ts';
import { engines, openRoom, sumOfDigits } from './support/page.ts';
import { bluish, reddish, writeBlocks } from './support/pictures.ts';
import {
  openPlatform,
  page as pageFolder,
  serveMachine,
  serveStatic,
  type TestStudio,
} from './support/studio.ts';

let folder: string;
let reds: string[];
let blues: string[];
let browser: TestBrowser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-bad-input-'));
  reds = await writeBlocks(join(folder, 'reds'), reddish, { count: 60, seed: 1 });
  blues = await writeBlocks(join(folder, 'blues'), bluish, { count: 60, seed: 2 });
  if (browsers.includes('chromium')) browser = await openBrowser('chromium');
});

afterAll(async () => {
  if (browsers.includes('chromium')) await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function add(page: Page, name: string, files: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: 'Add a class' }).click();
  await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill(name);
  await page.getByLabel(`Drop pictures of ${name} here`, { exact: true }).setInputFiles([...files]);
}

const has = (page: Page, name: string, pictures: number): Promise<void> =>
  page
    .getByRole('region', { name: `Class ${name}`, exact: true })
    .getByText(pictures === 1 ? '1 picture' : `${pictures} pictures`)
    .waitFor();

const use = (page: Page): Promise<void> => page.getByRole('button', { name: 'Use these pictures' }).click();
const saysSo = (page: Page, text: RegExp): Promise<void> =>
  page.getByRole('alert').filter({ hasText: text }).first().waitFor();
const isThere = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).waitFor();

describe.skipIf(!browsers.includes('chromium')).each(engines)('by $where', ({ serve }) => {
  let studio: TestStudio;

  beforeAll(async () => {
    studio = await serve();
  });

  afterAll(async () => {
    await studio.close();
  });

  test('pictures that are huge, broken or none are told by name; the engine and the others stay', async () => {
    const huge = join(folder, 'huge.png');
    await writeFile(huge, new Uint8Array(41 * 2 ** 20));
    const wide = join(folder, 'wide.ppm');
    await writeFile(wide, 'P6\n60000 60000\n255\n');
    const torn = join(folder, 'torn.jpg');
    await writeFile(torn, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0));
    const { page, opened } = await openRoom(browser, studio, 'data');
    await add(page, 'reds', [huge, wide, torn, ...reds.slice(0, 2)]);
    await has(page, 'reds', 2);
    const told = await page.getByRole('alert').getByRole('listitem').allTextContents();
    const reasons = new Map(told.map((line) => [line.split(':')[0], line]));
    expect([...reasons.keys()].toSorted()).toEqual(['huge.png', 'torn.jpg', 'wide.ppm']);
    expect(reasons.get('huge.png')).toMatch(/41 MiB.*at most 32: make it smaller/);
    expect(reasons.get('wide.ppm')).toMatch(/60000×60000/);
    expect(reasons.get('wide.ppm')).not.toContain('--');
    expect(await page.locator('.engine').textContent()).toMatch(/^(This machine|In this page)/);
    expect(opened.console.filter((line) => line.startsWith('uncaught'))).toEqual([]);
  });

  test('one class, a class without pictures, a name that is none: each is said, and nothing is lost', async () => {
    const { page } = await openRoom(browser, studio, 'data');
    await add(page, 'reds', reds.slice(0, 3));
    await has(page, 'reds', 3);
    await use(page);
    await saysSo(page, /"reds" is the only class.*add another/);
    await page.getByRole('button', { name: 'Add a class' }).click();
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill('blues');
    await use(page);
    await saysSo(page, /"blues" has no pictures: add some/);
    await page.getByLabel('Drop pictures of blues here', { exact: true }).setInputFiles(blues.slice(0, 2));
    await has(page, 'blues', 2);
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill('../blues');
    await use(page);
    await saysSo(page, /without slashes/);
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill('Reds');
    await use(page);
    await saysSo(page, /one name to a disk: rename/);
    await has(page, 'reds', 3);
    await page.getByRole('textbox', { name: 'Class', exact: true }).last().fill('blues');
    await use(page);
    await isThere(page, 'blues');
  });

  test('two tabs that make pictures of one name get one each', async () => {
    const [first, second] = [
      (await openRoom(browser, studio, 'data')).page,
      (await openRoom(browser, studio, 'data')).page,
    ];
    for (const [page, files] of [
      [first, reds.slice(0, 4)],
      [second, reds.slice(4, 7)],
    ] as const) {
      await add(page, 'reds', files);
      await add(page, 'blues', blues.slice(0, 3));
      await has(page, 'reds', files.length);
      await has(page, 'blues', 3);
      await page.getByLabel('Name of these pictures').fill('both');
    }
    await Promise.all([use(first), use(second)]);
    const totals: number[] = [];
    for (const page of [first, second]) {
      await isThere(page, 'reds');
      expect(await page.locator('.choose option:checked').textContent()).toMatch(/both(-2)?$/);
      const row = (await page.locator('.balance tbody tr').filter({ hasText: 'reds' }).textContent()) ?? '';
      totals.push(sumOfDigits(row));
    }
    expect(totals).toEqual([4, 3]);
    // The other tab's are there as soon as this one is looked at again.
    await first.evaluate("window.dispatchEvent(new Event('focus'))");
    await expect
      .poll(async () =>
        (await first.locator('.choose option').allTextContents()).filter((name) => name.includes('both')),
      )
      .toHaveLength(2);
  });

  test('hundreds at once are shown by a few, and ended in between what was taken stays', async () => {
    const { page } = await openRoom(browser, studio, 'data');
    const many = Array.from({ length: 8 }, () => [...reds, ...blues]).flat();
    await add(page, 'many', many);
    await has(page, 'many', many.length);
    expect(await page.getByRole('region', { name: 'Class many' }).locator('.pixels').count()).toBe(24);
    await page.getByLabel('Drop pictures of many here', { exact: true }).setInputFiles(many);
    await page.getByRole('button', { name: 'Take in no more' }).click();
    await expect.poll(() => page.getByText('Taking in pictures').count()).toBe(0);
    const text = (await page.getByRole('region', { name: 'Class many' }).textContent()) ?? '';
    const taken = Number(/(\d+) pictures/.exec(text)?.[1]);
    expect(taken).toBeGreaterThanOrEqual(many.length);
    expect(taken).toBeLessThan(2 * many.length);
    // What was under way then is not taken either.
    await add(page, 'reds', reds.slice(0, 1));
    await has(page, 'reds', 1);
    expect(await page.getByRole('region', { name: 'Class many' }).textContent()).toContain(
      `${taken} pictures`,
    );
  });
});

describe.skipIf(!browsers.includes('chromium'))('a studio that goes while pictures are taken in', () => {
  test('gets the rest of them when it is back', async () => {
    const opened = await openPlatform();
    const { platform } = opened;
    let taken = 0;
    const gone = Promise.withResolvers<undefined>();
    const upload = platform.upload.bind(platform);
    platform.upload = async (name, bytes) => {
      if (++taken > 20) await gone.promise;
      return upload(name, bytes);
    };
    let studio = await serveMachine(opened);
    const port = Number(new URL(studio.origin).port);
    try {
      const { page } = await openRoom(browser, studio, 'data');
      await add(page, 'reds', reds);
      await page.getByText('Taking in pictures: 20 of 60').waitFor();
      await studio.close();
      gone.resolve(undefined);
      await page.getByText('It goes on when the studio is back').waitFor();
      studio = await serveMachine(opened, port);
      await has(page, 'reds', 60);
      expect(await page.getByText('Left out').count()).toBe(0);
    } finally {
      await studio.close();
      await opened.close();
    }
  });

  test('and is started anew, with another key: a tab that has it lends it, and pictures are sent again', async () => {
    const first = await openPlatform();
    const studio = await serveMachine(first);
    const port = Number(new URL(studio.origin).port);
    const { page } = await openRoom(browser, studio, 'data');
    await add(page, 'reds', reds.slice(0, 5));
    await add(page, 'blues', blues.slice(0, 5));
    await has(page, 'reds', 5);
    await has(page, 'blues', 5);
    await studio.close();
    await first.close();
    const second = await openPlatform();
    const app = await createStudio({ platform: second.platform, token: 'another', folder: pageFolder });
    await app.listen({ host: '127.0.0.1', port });
    try {
      await page.locator('.engine').getByText('was started anew').waitFor();
      const other = await openRoom(browser, {
        ...{ origin: studio.origin, url: `${studio.origin}/?token=another` },
        close: () => Promise.resolve(),
      });
      await other.page
        .locator('.engine')
        .getByText(/^This machine/)
        .waitFor();
      await page
        .locator('.engine')
        .getByText(/^This machine/)
        .waitFor();
      await has(page, 'reds', 5);
      await has(page, 'blues', 5);
      await use(page);
      await isThere(page, 'blues');
    } finally {
      await app.close();
      await second.close();
    }
  });
});

describe.skipIf(!browsers.includes('chromium'))('a browser without room', () => {
  test('says so when pictures are kept; they are still there, and nothing half-made is', async () => {
    const studio = await serveStatic(true);
    const { page } = await openRoom(browser, studio, 'data');
    const devtools = await page.context().newCDPSession(page);
    try {
      await add(page, 'reds', reds.slice(0, 30));
      await add(page, 'blues', blues.slice(0, 30));
      await has(page, 'reds', 30);
      await has(page, 'blues', 30);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: studio.origin, quotaSize: 40_000 });
      await use(page);
      await saysSo(page, /"my pictures" could not be kept: the browser gives this site no more room/);
      await has(page, 'blues', 30);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: studio.origin });
      await use(page);
      await isThere(page, 'blues');
      // Under its own name: nothing of the first try is left.
      expect(await page.locator('.choose option:checked').textContent()).toBe('my pictures');
    } finally {
      await devtools.detach();
      await studio.close();
    }
  });
});
