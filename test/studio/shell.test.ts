import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { readUntil } from '../support/eventually.ts';
import { faults } from './support/axe.ts';
import {
  openPlatform,
  serveMachine,
  serveStatic,
  type TestPlatform,
  type TestStudio,
} from './support/studio.ts';

/** What tests use of a page's document; its types are not those of Node. */
interface PageElement {
  readonly textContent: string | null;
  click(): void;
}
declare const document: {
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
};

const rooms = ['Network', 'Data', 'Train', 'Judge', 'Look inside', 'Paper', 'Use'];

let opened: TestPlatform;

beforeAll(async () => {
  opened = await openPlatform();
});

afterAll(async () => {
  await opened.close();
});

/** What the page says of its engine, once it is as it should be. */
const saysOf = (page: TestPage, pattern: RegExp): Promise<string> =>
  readUntil(
    () => page.evaluate(() => document.querySelector('.engine')?.textContent ?? '', undefined),
    (text) => pattern.test(text),
  );

const heading = (page: TestPage): Promise<string> =>
  page.evaluate(() => document.querySelector('h1')?.textContent ?? '', undefined);

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(kind);
  });

  afterAll(async () => {
    await browser.close();
  });

  test.each([
    ['this machine', /^This machine: .*WebAssembly/, () => serveMachine(opened)],
    ['the page, isolated', /^In this page: WebAssembly [^,]*, \d+ threads?/, () => serveStatic(true)],
    [
      'the page, not isolated',
      /^In this page: WebAssembly .*, 1 thread.*One thread computes/,
      () => serveStatic(false),
    ],
  ])('the page opens before %s, and asks nobody else', async (_, says, serve) => {
    const studio: TestStudio = await serve();
    try {
      const page = await browser.newPage();
      await page.goto(studio.url);
      expect(await saysOf(page, says)).toMatch(says);
      const loaded = await page.evaluate(
        () => performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
        undefined,
      );
      expect(new Set(loaded)).toEqual(new Set([studio.origin]));
      // Its token is nowhere to be seen.
      expect(await page.evaluate(() => location.href, undefined)).not.toContain('token');
      expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
    } finally {
      await studio.close();
    }
  });

  test('each room is entered by keyboard', async () => {
    const studio = await serveMachine(opened);
    try {
      const page = await browser.newPage();
      await page.goto(studio.url);
      await saysOf(page, /^This machine/);
      const press = (key: 'Tab' | 'Enter') => pressOn(page, key);
      // Past the link that skips the rooms.
      await press('Tab');
      for (const room of rooms) {
        await press('Tab');
        await press('Enter');
        expect(
          await readUntil(
            () => heading(page),
            (text) => text === room,
          ),
        ).toBe(room);
      }
    } finally {
      await studio.close();
    }
  });

  test('a server that goes and comes back is told of', async () => {
    let studio = await serveMachine(opened);
    try {
      const page = await browser.newPage();
      await page.goto(studio.url);
      await saysOf(page, /^This machine/);
      const port = Number(new URL(studio.origin).port);
      await studio.close();
      const alert = /is not there.*npx cardinal studio.*goes on trying/;
      expect(await saysOf(page, alert)).toMatch(alert);
      expect(
        await page.evaluate(() => document.querySelector('[role=alert]')?.textContent, undefined),
      ).toMatch(alert);
      studio = await serveMachine(opened, port);
      expect(await saysOf(page, /^This machine/)).toMatch(/^This machine/);
    } finally {
      await studio.close();
    }
  });

  test.each([
    ['no token', '', /no key to the studio\. Open the address/],
    ['another token', '?token=other', /was started anew\. Open the address/],
  ])('a page with %s says where to get one', async (_, query, says) => {
    const studio = await serveMachine(opened);
    try {
      const page = await browser.newPage();
      await page.goto(`${studio.origin}/${query}`);
      expect(await saysOf(page, says)).toMatch(says);
    } finally {
      await studio.close();
    }
  });
});

/** Only one driver emulates both schemes for a page alone; the page is the same. */
describe.skipIf(!browsers.includes('chromium'))('axe finds nothing', () => {
  test.each(['light', 'dark'] as const)('in a %s page, in any room', async (scheme) => {
    const browser = await openBrowser('chromium');
    const studio = await serveStatic(false);
    try {
      const page = await browser.newPage();
      await page.setColorScheme(scheme);
      await page.goto(studio.url);
      await saysOf(page, /^In this page/);
      for (const room of rooms) {
        await page.evaluate((title) => {
          const link = [...document.querySelectorAll('nav a')].find(
            ({ textContent }) => textContent === title,
          );
          link?.click();
        }, room);
        await readUntil(
          () => heading(page),
          (text) => text === room,
        );
        await readUntil(
          () => page.evaluate(() => document.querySelector('[aria-busy=true]') === null, undefined),
          (isThere) => isThere,
        );
        expect(await faults(page), room).toEqual([]);
      }
    } finally {
      await studio.close();
      await browser.close();
    }
  });
});

async function pressOn({ driver }: TestPage, key: 'Tab' | 'Enter'): Promise<void> {
  await driver.playwright?.keyboard.press(key);
  await driver.puppeteer?.keyboard.press(key);
}
