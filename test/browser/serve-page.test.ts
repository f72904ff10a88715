import type { FastifyInstance } from 'fastify';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../src/serve/create-server.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { temporaryFolder } from '../node/data/support/sources.ts';
import { colourClassifier, green, plain, red } from '../serve/support/colours.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

describe.runIf(browsers.includes('chromium'))('the page of a server', () => {
  let classifier: Classifier;
  let server: FastifyInstance;
  let locked: FastifyInstance;
  let browser: TestBrowser;
  beforeAll(async () => {
    classifier = await colourClassifier();
    server = await createServer({ models: { colours: classifier, again: classifier } });
    locked = await createServer({ models: { colours: classifier }, key: 'secret' });
    await Promise.all([server.listen({ port: 0 }), locked.listen({ port: 0 })]);
    await writeFile(at('red.png'), await plain(red, 120, 80));
    await writeFile(at('green.png'), await plain(green));
    await writeFile(at('text.png'), 'no picture');
    browser = await openBrowser('chromium');
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([server.close(), locked.close()]);
    await classifier.dispose();
  });

  const open = async (of: FastifyInstance = server, path = '/'): Promise<{ test: TestPage; page: Page }> => {
    const test = await browser.newPage();
    const { playwright: page } = test.driver;
    if (page === undefined) throw new Error('expected Chromium, which playwright drives');
    const { port } = of.server.address() as AddressInfo;
    await test.goto(`http://localhost:${port}${path}`);
    return { test, page };
  };
  const says = (page: Page, status: RegExp): Promise<void> =>
    page.getByRole('status').filter({ hasText: status }).waitFor();

  test('shows what a chosen picture is, as words and bars, and where the network sees it', async () => {
    const { test, page } = await open();
    await test.setFiles('#file', [at('red.png')]);
    await says(page, /^red, \d/);
    const guesses = page.getByRole('list').getByRole('button');
    const words = await guesses.allInnerTexts();
    expect(words).toHaveLength(3);
    expect(words[0]).toMatch(/^red\s+\d+\.\d %/);
    const bars = await page.evaluate(
      `[...document.querySelectorAll('.bar')].map((bar) => bar.offsetWidth / bar.parentElement.offsetWidth)`,
    );
    const shares = words.map((text) => Number(/[\d.]+(?= %)/.exec(text)?.[0]) / 100);
    (bars as number[]).forEach((bar, i) => {
      expect(bar).toBeCloseTo(shares[i], 1);
    });
    expect(await page.getByLabel('Model').getByRole('option').allInnerTexts()).toEqual([
      'colours, 3 classes',
      'again (colours), 3 classes',
    ]);
    await page.getByLabel('Model').selectOption('again');
    await page.getByText('again, version 1').waitFor();
    await guesses.nth(1).click();
    await says(page, /^The warmer, the more it speaks for green\.$/);
    expect(await guesses.nth(1).getAttribute('aria-pressed')).toBe('true');
    expect(await widthOf(page, 'Where the network sees green')).toBeGreaterThanOrEqual(120);
    await shot(test, 'explained');
    await page.getByRole('button', { name: 'Show the picture alone' }).click();
    expect(await widthOf(page, 'The picture')).toBe(120);
    expect(test.console).toEqual([]);
    await test.close();
  });

  test('says in words what is wrong with a file', async () => {
    const { test, page } = await open();
    await test.setFiles('#file', [at('text.png')]);
    await page
      .getByRole('alert')
      .filter({ hasText: /^Expected a picture, JPEG, PNG/ })
      .waitFor();
    await test.setFiles('#file', [at('green.png')]);
    await says(page, /^green/);
    expect(await page.getByRole('alert').textContent()).toBe('');
    await test.close();
  });

  test('takes a picture that is pasted, dropped, or taken by the camera', async () => {
    const { test, page } = await open();
    for (const [event, colour, name] of [
      ['paste', red, 'red'],
      ['drop', green, 'green'],
    ] as const) {
      await page.evaluate(`{
        const bytes = Uint8Array.from(atob('${(await plain(colour)).toString('base64')}'), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
        document.dispatchEvent('${event}' === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: data })
          : new DragEvent('drop', { dataTransfer: data }));
      }`);
      await says(page, new RegExp(`^${name}`));
    }
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('button', { name: 'Take the picture' }).click();
    // Chromium's camera shows a picture of its own, larger than what was sent before.
    await expect.poll(() => widthOf(page, 'The picture'), { timeout: 20_000 }).toBeGreaterThan(120);
    expect(await page.getByLabel('What the camera sees').isVisible()).toBe(false);
    expect(test.console).toEqual([]);
    await test.close();
  });

  test('asks for the key where the server needs one', async () => {
    const { test, page } = await open(locked);
    for (const key of ['wrong', 'secret']) {
      await page.getByLabel('Key of this server').fill(key);
      await page.keyboard.press('Enter');
      if (key === 'wrong')
        await page.getByRole('alert').filter({ hasText: 'does not take this key' }).waitFor();
    }
    await page.getByLabel('Model').waitFor();
    expect(await page.getByLabel('Key of this server').isVisible()).toBe(false);
    await test.setFiles('#file', [at('red.png')]);
    await says(page, /^red/);
    await test.close();
  });

  test('is used by the keyboard alone', async () => {
    const { test, page } = await open();
    await page.getByLabel('Model').waitFor();
    await test.setFiles('#file', [at('red.png')]);
    await says(page, /^red/);
    const stops: unknown[] = [];
    for (let stop = 0; stop < 7; stop++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(`document.activeElement.id || document.activeElement.innerText.split('\\n')[0]`),
      );
    }
    expect(stops).toEqual(['All routes', 'model', 'choose', 'camera', 'red', 'green', 'blue']);
    await page.keyboard.press('Enter');
    await says(page, /speaks for blue/);
    await test.close();
  });

  test.each([
    [380, 'light'],
    [380, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('fits a window %d wide, %s', async (width, scheme) => {
    const { test, page } = await open();
    await test.setViewport({ width, height: 900 });
    await test.setColorScheme(scheme);
    await test.setFiles('#file', [at('red.png')]);
    await says(page, /^red/);
    expect(
      await page.evaluate(`({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ground: getComputedStyle(document.body).backgroundColor,
      })`),
    ).toEqual({ overflow: 0, ground: scheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)' });
    await shot(test, `page-${width}-${scheme}`);
    await test.close();
  });

  test('the description of routes opens without scripts', async () => {
    const { test, page } = await open(server, '/docs');
    await page.getByText('POST /classify', { exact: true }).click();
    await page.getByText('localhost:8080/classify?topK=2').waitFor();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.route')).borderTopStyle`)).toBe(
      'solid',
    );
    const links = await page.evaluate(
      `[...document.querySelectorAll('a')].map(({ href }) => new URL(href).pathname)`,
    );
    expect(links).toEqual(['/openapi.json', '/']);
    expect(test.console).toEqual([]);
    await shot(test, 'docs');
    await test.close();
  });
});

/** For a person to look at: `CARDINAL_SCREENSHOTS=folder`. */
async function shot(page: TestPage, name: string): Promise<void> {
  const folder = process.env['CARDINAL_SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot(join(folder, `${name}.png`));
}

/** Of the picture that is shown under these words, in its own pixels. */
async function widthOf(page: Page, words: string): Promise<unknown> {
  await page.getByRole('img', { name: words }).waitFor();
  return page.evaluate(
    `document.getElementById('picture').decode().then(() => document.getElementById('picture').naturalWidth)`,
  );
}
