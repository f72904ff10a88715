import type { FastifyInstance } from 'fastify';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../src/serve/create-server.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { temporaryFolder } from '../node/data/support/sources.ts';
import { colourClassifier, green, plain, red, type Colour } from '../serve/support/colours.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

/** What of the page every browser must do; `serve-page.test.ts` has the rest, in Chromium. */
describe.each(browsers)('the page of a server, in %s', (kind) => {
  let classifier: Classifier;
  let server: FastifyInstance;
  let locked: FastifyInstance;
  let browser: TestBrowser;
  beforeAll(async () => {
    classifier = await colourClassifier();
    server = await createServer({ models: { colours: classifier } });
    locked = await createServer({ models: { colours: classifier }, key: 'secret' });
    await Promise.all([server.listen({ port: 0 }), locked.listen({ port: 0 })]);
    browser = await openBrowser(kind);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([server.close(), locked.close()]);
    await classifier.dispose();
  });

  const open = async (of: FastifyInstance): Promise<TestPage> => {
    const page = await browser.newPage();
    const { port } = of.server.address() as AddressInfo;
    await page.goto(`http://localhost:${port}/`);
    return page;
  };
  const drop = async (page: TestPage, colour: Colour): Promise<void> => {
    await page.evaluate(
      (base64) => {
        const { document, DataTransfer, DragEvent } = globalThis as unknown as PageGlobals;
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
        document.dispatchEvent(new DragEvent('drop', { dataTransfer: data }));
      },
      (await plain(colour, 40, 30)).toString('base64'),
    );
  };

  test('tells the classes of a picture that is dropped on it, and shows where it sees one', async () => {
    const page = await open(server);
    await drop(page, green);
    await expect.poll(async () => (await shown(page)).status).toMatch(/^green, \d+\.\d %$/);
    expect((await shown(page)).classes).toEqual(['green', 'blue', 'red']);
    await page.evaluate(() => {
      const { document } = globalThis as unknown as PageGlobals;
      document.querySelector('#predictions button')?.click();
    }, undefined);
    await expect
      .poll(async () => (await shown(page)).status)
      .toBe('The warmer, the more it speaks for green.');
    // An overlay is larger than a small picture.
    await expect.poll(async () => (await shown(page)).width).toBe(256);
    expect(page.console).toEqual([]);
    await page.close();
  });

  test('says what is wrong with a file, and goes on with the next', async () => {
    const page = await open(server);
    const bad = join(folder.path, 'bad.png');
    await writeFile(bad, (await plain(red)).subarray(0, 60));
    await page.setFiles('#file', [bad]);
    await expect.poll(async () => (await shown(page)).error).toMatch(/picture/);
    await drop(page, red);
    await expect.poll(async () => (await shown(page)).status).toMatch(/^red, /);
    expect((await shown(page)).error).toBe('');
    await page.close();
  });

  test('asks for the key where the server needs one', async () => {
    const page = await open(locked);
    const give = (key: string): Promise<void> =>
      page.evaluate((given) => {
        const { document } = globalThis as unknown as PageGlobals;
        const field = document.querySelector('#key');
        if (field === null) throw new Error('no field for the key');
        field.value = given;
        field.form.requestSubmit();
      }, key);
    await expect.poll(async () => (await shown(page)).asksForKey).toBe(true);
    await give('wrong');
    await expect.poll(async () => (await shown(page)).error).toBe('The server does not take this key.');
    await give('secret');
    await expect.poll(async () => (await shown(page)).models).toEqual(['colours, 3 classes']);
    expect((await shown(page)).asksForKey).toBe(false);
    await drop(page, red);
    await expect.poll(async () => (await shown(page)).status).toMatch(/^red, /);
    await page.close();
  });
});

/** What of a page's globals these functions use. */
interface PageGlobals {
  readonly document: {
    querySelector(selector: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
    dispatchEvent(event: unknown): boolean;
  };
  readonly DataTransfer: new () => { readonly items: { add(file: File): void } };
  readonly DragEvent: new (type: string, init: object) => unknown;
}

interface PageElement {
  readonly textContent: string;
  readonly hidden: boolean;
  readonly naturalWidth: number;
  readonly form: { requestSubmit(): void };
  value: string;
  click(): void;
}

/** What one sees on the page. */
function shown(page: TestPage) {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as PageGlobals;
    const textOf = (selector: string): string[] =>
      [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
    return {
      status: textOf('#status').join(),
      error: textOf('#error').join(),
      classes: textOf('#predictions bdi'),
      models: textOf('#model option'),
      width: document.querySelector('#picture')?.naturalWidth,
      asksForKey: document.querySelector('#key-form')?.hidden === false,
    };
  }, undefined);
}
