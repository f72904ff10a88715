import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { readUntil } from '../support/eventually.ts';
import { faultsOfRoom } from './support/axe.ts';
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
  readonly scrollWidth: number;
  readonly clientWidth: number;
  value: string;
  open: boolean;
  click(): void;
  dispatchEvent(event: Event): boolean;
  querySelectorAll(selector: string): Iterable<PageElement>;
}
declare const document: {
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  readonly documentElement: PageElement;
};

let opened: TestPlatform;
beforeAll(async () => {
  opened = await openPlatform();
});
afterAll(() => opened.close());

const textOf = (page: TestPage, selector: string, pattern: RegExp): Promise<string> =>
  readUntil(
    () => page.evaluate((of) => document.querySelector(of)?.textContent ?? '', selector),
    (text) => pattern.test(text),
  );

/** Presses a button, or ticks a box, of a section by what it says. */
const press = async (page: TestPage, section: string, says: string): Promise<void> => {
  // What needs pictures can be pressed once the page knows that there are some.
  const isPressed = await readUntil(
    () =>
      page.evaluate(
        ([of, wanted]) => {
          const kinds = ':is(button:enabled, label.switch, summary)';
          const found = [...document.querySelectorAll(`[aria-labelledby=${of}] ${kinds}`)].find(
            ({ textContent }) => textContent?.trim().startsWith(wanted) === true,
          );
          found?.click();
          return found !== undefined;
        },
        [section, says] as const,
      ),
    (isThere) => isThere,
  );
  if (!isPressed) throw new Error(`nothing that says ${says} can be pressed`);
};

/** Sets a slider of a section to a place. */
const slide = (page: TestPage, section: string, place: string): Promise<void> =>
  page.evaluate(
    ([of, wanted]) => {
      const found = document.querySelector(`[aria-labelledby=${of}] input[type=range]`);
      if (found === null) throw new Error(`no slider in ${of}`);
      found.value = wanted;
      found.dispatchEvent(new Event('input', { bubbles: true }));
    },
    [section, place] as const,
  );

const count = (page: TestPage, selector: string): Promise<number> =>
  page.evaluate((of) => [...document.querySelectorAll(of)].length, selector);

const countOf = (page: TestPage, selector: string, wanted: number): Promise<number> =>
  readUntil(
    () => count(page, selector),
    (found) => found === wanted,
  );

const engines: Readonly<Record<string, () => Promise<TestStudio>>> = {
  'this machine': () => serveMachine(opened),
  'the page itself': () => serveStatic(true),
};
const cases = browsers.flatMap((kind) =>
  // What computes in a page computes the same in both browsers (test/browser): one of them walks here.
  Object.keys(engines)
    .filter((engine) => kind === 'chromium' || engine === 'this machine')
    .map((engine) => ({ kind, engine })),
);

describe.skipIf(cases.length === 0).each(cases)('in $kind, computed by $engine', ({ kind, engine }) => {
  let browser: TestBrowser;
  let studio: TestStudio;
  let page: TestPage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    studio = await engines[engine]();
    page = await browser.newPage();
    await page.goto(`${studio.url}#/paper`);
    await textOf(page, '.engine', /WebAssembly/);
  });
  afterAll(async () => {
    await browser.close();
    await studio.close();
  });

  test('a row of Table 2 is taken, and the forms of that block are equal until one of them is changed', async () => {
    await press(page, 'equal-title', '8×14d');
    expect(await textOf(page, '[aria-labelledby=equal-title]', /71,456/)).toMatch(
      /Together the paths are 112/,
    );
    expect(await textOf(page, '.paper-table2 tr[aria-current]', /8×14d/)).toContain('22.3');
    const status = '[aria-labelledby=forms-title] [role=status]';
    expect(await textOf(page, status, /The same\./)).toMatch(/Of 50,176 numbers/);
    await press(page, 'forms-title', 'New weights');
    await press(page, 'forms-title', 'Change one parameter');
    expect(await textOf(page, status, /Not the same/)).toMatch(/\(b\) and \(c\) still agree/);
  });

  test('gradients with shortcuts and without are drawn by depth', async () => {
    await slide(page, 'shortcuts-title', '1');
    await press(page, 'shortcuts-title', 'Compute the gradients');
    const told = '[aria-labelledby=shortcuts-title] :is([role=status], [role=alert])';
    const said = await textOf(page, told, /./);
    expect(said).toMatch(/^With shortcuts gradients are .* as at the last/);
    const marks = '[aria-labelledby=shortcuts-title] .paper-chart g[aria-label=dot]';
    expect(await countOf(page, marks, 2)).toBe(2);
    // 20 layers but for the classifier, and three projections.
    expect(await count(page, `${marks} > *`)).toBe(19 + 3 + 19);
  });

  test('groups are counted and timed', async () => {
    await press(page, 'times-title', 'One 3×3 layer of 256');
    await press(page, 'times-title', 'Measure it here');
    const rows = '[aria-labelledby=times-title] tbody tr';
    // 1, 2, 4 … 256 groups and the 1×1.
    expect(await countOf(page, rows, 10)).toBe(10);
    expect(await textOf(page, '[aria-labelledby=times-title]', /^(?!.*Cancel).*256 groups leave/s)).toMatch(
      /256, depthwise.*MAC\/s/s,
    );
  });

  test('a measurement is cancelled', async () => {
    await press(page, 'times-title', "The paper's block");
    await press(page, 'times-title', 'Measure it here');
    await press(page, 'times-title', 'Cancel');
    expect(await textOf(page, '[aria-labelledby=times-title]', /^(?!.*Cancel)/s)).not.toContain('Cancel');
  });

  test('studies tell their verdicts and draw their charts', async () => {
    expect(await countOf(page, '.paper-study', 9)).toBe(9);
    await press(page, 'studies-title', 'Parameters against error');
    expect(await count(page, '.paper-study[open]')).toBe(1);
    // Two lines over the parameters, and the means of all networks.
    expect(await countOf(page, '.paper-study[open] .paper-chart svg g[aria-label=dot]', 3)).toBe(3);
    const status = await page.evaluate(
      async (address) => (await fetch(new URL(address, location.href))).status,
      'studies/figure7.html',
    );
    expect(status).toBe(200);
  });

  test.runIf(kind === 'chromium')(
    'axe finds nothing in it as it stands, light or dark, wide or narrow',
    async () => {
      expect(await faultsOfRoom(page)).toEqual([]);
    },
  );

  test('all of it fits into the narrowest screen', async () => {
    await page.setViewport({ width: 360, height: 800 });
    const { scrollWidth, clientWidth } = await readUntil(
      () =>
        page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return { scrollWidth, clientWidth };
        }, undefined),
      (found) => found.scrollWidth <= found.clientWidth,
    );
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});
