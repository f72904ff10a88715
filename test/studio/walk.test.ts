import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { readUntil } from '../support/eventually.ts';
import { fill, give, press, says } from './support/page-actions.ts';
import {
  bundled,
  openPlatform,
  serveMachine,
  serveStatic,
  type TestPlatform,
  type TestStudio,
} from './support/studio.ts';
import { collect, twoClasses, type TwoClasses } from './support/two-classes.ts';

/** What a visitor does from the first look to a picture that the network has never seen: something in each room, in its order. */

let pictures: TwoClasses;
beforeAll(async () => {
  pictures = await twoClasses(10);
});
afterAll(() => pictures.remove());

const cases = browsers.flatMap((kind) =>
  (['this machine', 'the page itself'] as const).map((engine) => ({ kind, engine })),
);

describe.skipIf(cases.length === 0).each(cases)('in $kind, computed by $engine', ({ kind, engine }) => {
  let browser: TestBrowser;
  let opened: TestPlatform;
  let studio: TestStudio;
  let page: TestPage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    opened = await openPlatform([bundled]);
    studio = engine === 'this machine' ? await serveMachine(opened) : await serveStatic(true);
    page = await browser.newPage();
    await page.goto(studio.url);
    await says(page, engine === 'this machine' ? /This machine: / : /In this page: /);
  });
  afterAll(async () => {
    await browser.close();
    await studio.close();
    await opened.close();
  });

  test('Network opens a stage by keyboard', async () => {
    await press(page, 'Network');
    await says(page, /Parameters 25,028,904/);
    const parts = (): Promise<number> =>
      page.evaluate(() => [...document.querySelectorAll('[role=treeitem]')].length, undefined);
    const before = await readUntil(parts, (count) => count > 0);
    // A page behind others is not told of its focus.
    await page.driver.puppeteer?.bringToFront();
    await page.evaluate(() => {
      [...document.querySelectorAll('[role=treeitem][aria-expanded=false]')].at(0)?.focus();
    }, undefined);
    await (page.driver.playwright ?? page.driver.puppeteer)?.keyboard.press('ArrowRight');
    expect(await readUntil(parts, (count) => count > before)).toBeGreaterThan(before);
  });

  test('Data takes pictures of two classes, and finds none broken', async () => {
    await collect(page, pictures);
    await press(page, 'Read all pictures');
    await says(page, /20 pictures, none broken/);
  });

  test('Train learns them', async () => {
    await press(page, 'Train');
    await fill(page, 'Pictures', 'my pictures');
    await fill(page, 'Epochs', '4');
    await press(page, 'Start training');
    await says(page, /Finished: 4 of 4 epochs/);
  });

  test('Judge counts them, and opens the pictures of a cell', async () => {
    await press(page, 'Judge');
    await fill(page, 'Network', 'resnext_cifar');
    await fill(page, 'Pictures', 'my pictures');
    await fill(page, 'Which of them', 'Training (it has seen these)');
    await press(page, 'Judge');
    await says(page, /of 18 pictures are classified right/);
    await page.evaluate(() => {
      [...document.querySelectorAll('[aria-label="Confusion matrix"] button')].at(0)?.click();
    }, undefined);
    await says(page, /(dark|light) taken for (dark|light)/);
  });

  test('Look inside shows what speaks for a class of a picture', async () => {
    await press(page, 'Look inside');
    await fill(page, 'Network', 'resnext_cifar');
    await page.setFiles('.inside-chooser input[type=file]', pictures.dark.slice(0, 1));
    await says(page, /dark[^%]*\d %/);
    const maps = (): Promise<number> =>
      page.evaluate(() => [...document.querySelectorAll('.inside-pictures canvas')].length, undefined);
    expect(await readUntil(maps, (count) => count > 0)).toBeGreaterThan(0);
  });

  test('Paper keeps the cost while paths are chosen', async () => {
    await press(page, 'Paper');
    // Its places are powers of two.
    await fill(page, 'Paths: cardinality C', '3');
    await says(page, /= 71,456 weights/);
  });

  test('Use classifies a picture, and nothing went wrong on the way', async () => {
    await press(page, 'Use');
    await fill(page, 'Network', 'resnext_cifar');
    await give(page, 'Drop a picture that it has never seen', pictures.light.slice(0, 1));
    await says(page, /light 0\.ppm (dark|light), \d+(\.\d+)? %/);
    expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});

/** What tests use of a page's document; its types are not those of Node. */
declare const document: {
  querySelectorAll(selector: string): Iterable<{ click(): void; focus(): void }>;
};
