import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { fill, give, press, says, textOf } from './support/page-actions.ts';
import { serveStatic } from './support/studio.ts';
import { twoClasses, type TwoClasses } from './support/two-classes.ts';

/** What each room shows without anything of a visitor's own, but for what the room is called. */
const rooms: readonly (readonly [title: string, shows: RegExp])[] = [
  ['Network', /Choose a network, see its blocks/],
  ['Data', /Fashion-MNIST sample/],
  ['Train', /Run Example|Finished: 10 of 10 epochs\./],
  ['Judge', /Example/],
  ['Look inside', /Example/],
  ['Paper', /Play with the argument/],
  ['Use', /In a program/],
];

let pictures: TwoClasses;
beforeAll(async () => {
  pictures = await twoClasses(1);
});
afterAll(() => pictures.remove());

const cases = browsers.flatMap((kind) => [true, false].map((isolated) => ({ kind, isolated })));

describe.skipIf(cases.length === 0).each(cases)('in $kind, isolated: $isolated', ({ kind, isolated }) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test('a folder of a plain file server has all rooms, trains and classifies', async () => {
    const studio = await serveStatic(isolated);
    try {
      const page = await browser.newPage();
      await page.goto(studio.url);
      await says(page, /In this page: WebAssembly/);
      for (const [title, shows] of rooms) {
        await press(page, title);
        await says(page, shows);
        expect(
          await page.evaluate(() => document.querySelector('[role=alert]')?.textContent, undefined),
        ).toBe(undefined);
      }

      await press(page, 'Train');
      await press(page, 'Start training');
      await says(page, /Training: epoch \d of 10\. .*pictures\/s/);
      await press(page, 'Stop resnext_cifar');
      await says(page, /Stopped after \d of 10 epochs; it can go on from there\./);

      await press(page, 'Use');
      await fill(page, 'Network', 'Example');
      await give(page, 'Drop a picture that it has never seen', pictures.light.slice(0, 1));
      const [said] = await says(page, /([A-Z][\w/ -]+, \d+(\.\d+)? %\s*){3}/);
      const shares = [...said.matchAll(/(\d+(?:\.\d+)?) %/g)].map(([, share]) => Number(share));
      expect(shares).toEqual(shares.toSorted((a, b) => b - a));

      // Nobody else was asked, and nothing outside the folder.
      expect(studio.requests.filter((path) => !path.startsWith('/some/folder/'))).toEqual([]);
      expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
      expect(await textOf(page)).not.toMatch(/keeps no files/);
    } finally {
      await studio.close();
    }
  });
});

/** What tests use of a page's document; its types are not those of Node. */
declare const document: {
  querySelector(selector: string): { readonly textContent: string | null } | null;
};
