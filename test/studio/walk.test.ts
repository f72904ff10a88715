import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { readUntil } from '../support/eventually.ts';
import { bluish, reddish, writeBlocks } from './support/pictures.ts';
import { serveMachine, type TestStudio } from './support/studio.ts';
import { openTrained, type TrainedStudio } from './support/trained.ts';

interface PageElement {
  readonly textContent: string | null;
  readonly ariaLabel: string | null;
  value: string;
  click(): void;
  focus(): void;
  dispatchEvent(event: Event): boolean;
}
declare const document: { querySelectorAll(selector: string): Iterable<PageElement> };

let opened: TrainedStudio;
let studio: TestStudio;

beforeAll(async () => {
  opened = await openTrained();
  studio = await serveMachine(opened);
});

afterAll(async () => {
  await studio.close();
  await opened.close();
});

/** Texts of what a selector finds, once one of them is as it should be. */
async function sees(page: TestPage, selector: string, pattern: RegExp): Promise<string> {
  const texts = await readUntil(
    () =>
      page.evaluate(
        (of) =>
          [...document.querySelectorAll(of)].map(
            ({ textContent, ariaLabel }) => ariaLabel ?? textContent ?? '',
          ),
        selector,
      ),
    (all) => all.some((text) => pattern.test(text)),
  );
  const found = texts.find((text) => pattern.test(text));
  if (found === undefined)
    throw new Error(`expected ${pattern} in ${selector}, got ${JSON.stringify(texts.slice(0, 20))}`);
  return found;
}

/** Clicks the first of them with that text or label. */
async function click(page: TestPage, selector: string, pattern: RegExp): Promise<void> {
  const text = await sees(page, selector, pattern);
  await page.evaluate(
    ([of, wanted]) => {
      [...document.querySelectorAll(of)]
        .find(({ textContent, ariaLabel }) => (ariaLabel ?? textContent) === wanted)
        ?.click();
    },
    [selector, text] as const,
  );
}

async function set(
  page: TestPage,
  selector: string,
  [value, event]: readonly [string, 'input' | 'change'],
): Promise<void> {
  await sees(page, selector, /(?:)/);
  await page.evaluate(
    ([of, to, kind]) => {
      const [found] = document.querySelectorAll(of);
      found.value = to;
      found.dispatchEvent(new Event(kind, { bubbles: true }));
    },
    [selector, value, event] as const,
  );
}

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))(
  'a walk through all rooms in $kind does something in each',
  ({ kind }) => {
    let browser: TestBrowser;
    let page: TestPage;

    beforeAll(async () => {
      browser = await openBrowser(kind);
      page = await browser.newPage();
      await page.goto(studio.url);
      await sees(page, '.engine', /^This machine/);
    });

    afterAll(async () => {
      expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
      await browser.close();
    });

    const enter = async (room: string): Promise<void> => {
      await click(page, 'nav a', new RegExp(`^${room}$`));
      await sees(page, 'h1', new RegExp(`^${room}$`));
    };

    test('Network: a stage is opened, and costs are shown', async () => {
      await enter('Network');
      await sees(page, '[role=treeitem]', /./);
      const count = (): Promise<number> =>
        page.evaluate(() => [...document.querySelectorAll('[role=treeitem]')].length, undefined);
      const before = await count();
      // A page behind others is not told of its focus.
      await page.driver.puppeteer?.bringToFront();
      await page.evaluate(() => {
        [...document.querySelectorAll('[role=treeitem][aria-expanded=false]')].at(0)?.focus();
      }, undefined);
      await page.driver.playwright?.keyboard.press('ArrowRight');
      await page.driver.puppeteer?.keyboard.press('ArrowRight');
      expect(await readUntil(count, (now) => now > before)).toBeGreaterThan(before);
      await sees(page, '.figures', /25,028,904/);
    });

    test('Data: pictures become classes, what is none is told', async () => {
      await enter('Data');
      const none = join(opened.folder, 'none.jpg');
      await writeFile(none, 'no picture');
      const reds = await writeBlocks(join(opened.folder, `reds ${kind}`), reddish, { count: 4, seed: 1 });
      const blues = await writeBlocks(join(opened.folder, `blues ${kind}`), bluish, { count: 4, seed: 2 });
      for (const [at, files] of [[...reds, none], blues].entries()) {
        await click(page, 'button', /^Add a class$/);
        await sees(page, `.card:nth-of-type(${at + 1}) .drop`, /./);
        await page.setFiles(`.card:nth-of-type(${at + 1}) input[type=file]`, files);
        await sees(page, `.card:nth-of-type(${at + 1}) > p`, /^4 pictures/);
        if (at === 0) await sees(page, '[role=alert] li', /^none\.jpg: /);
        await set(page, `.card:nth-of-type(${at + 1}) input[type=text]`, [
          at === 0 ? 'red' : 'blue',
          'input',
        ]);
      }
      await click(page, 'button', /^Use these pictures$/);
      await sees(page, '.balance button', /^blue$/);
      await click(page, 'button', /^Read all pictures$/);
      await sees(page, '[role=status] p', /^8 pictures, none broken/);
    });

    test('Train: a run begins, ends and has curves', async () => {
      await enter('Train');
      await set(page, 'form input[type=number]', ['1', 'input']);
      await click(page, 'form button[type=submit]:not(:disabled)', /^Start training$/);
      await sees(page, '.card [role=status]', /^Finished: 1 of 1 epochs/);
      await sees(page, 'main figure, main svg', /(?:)/);
    });

    test('Judge: cells open pictures', async () => {
      await enter('Judge');
      await set(page, '.judge-choose div.field select', [opened.run, 'change']);
      await set(page, '.judge-choose label:nth-of-type(1) select', [opened.data, 'change']);
      await sees(page, '.judge-choose label:nth-of-type(2) option', /^Test$/);
      await click(page, '.judge-choose button', /^Judge$/);
      await click(page, '.judge-matrix button', /^lime taken for/);
      await sees(page, 'h2', /^lime taken for/);
      await sees(page, '.judge-pictures bdi', /\.ppm$/);
    });

    test('Look inside: a picture of the data is explained', async () => {
      await enter('Look inside');
      await sees(page, '.inside-chooser label:nth-of-type(2) option', /./);
      await set(page, '.inside-chooser label:nth-of-type(2) select', ['0', 'change']);
      await sees(page, '.inside-pictures canvas', /(?:)/);
    });

    test('Paper: it shows its comparisons', async () => {
      await enter('Paper');
      await sees(page, 'h2', /./);
      await sees(page, 'main table, main svg', /(?:)/);
    });

    test('Use: a new picture is classified', async () => {
      await enter('Use');
      await set(page, '.choose select', [opened.run, 'change']);
      const [one] = await writeBlocks(join(opened.folder, 'tried'), reddish, { count: 1, seed: 9 });
      await sees(page, '.drop', /never seen/);
      await page.setFiles('.drop input[type=file]', [one]);
      await sees(page, '.tried ol li', /^tomato, /);
    });
  },
);
