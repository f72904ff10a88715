import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { fill, press, says, textOf } from './support/page-actions.ts';
import { serveStatic, type TestStudio } from './support/studio.ts';
import { collect, twoClasses, type TwoClasses } from './support/two-classes.ts';

/** So many that a run is not over before its page is closed, wherever this runs. */
const epochs = 30;

/** Milliseconds for a test that trains, closes pages and trains on. */
const timeout = 900_000;

/** Where runs lie; a page's types are not those of Node. */
declare const navigator: {
  readonly storage: { getDirectory(): Promise<Folder> };
};
interface Folder {
  getDirectoryHandle(name: string): Promise<Folder>;
  getFileHandle(name: string): Promise<{ getFile(): Promise<Blob> }>;
}

/** SHA-256 of the checkpoints of a run. */
function sumsOf(page: TestPage, run: string): Promise<readonly string[]> {
  return page.evaluate(async (name) => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
    const folder = await runs.getDirectoryHandle(name);
    return Promise.all(
      ['best.safetensors', 'last.safetensors'].map(async (file) => {
        const bytes = await (await (await folder.getFileHandle(file)).getFile()).arrayBuffer();
        const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        return [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      }),
    );
  }, run);
}

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  let browser: TestBrowser;
  let studio: TestStudio;
  let pictures: TwoClasses;
  /** What a run comes to that nobody interrupts. */
  let whole: readonly string[];

  beforeAll(async () => {
    browser = await openBrowser(kind);
    studio = await serveStatic(true);
    pictures = await twoClasses(10);
  });
  afterAll(async () => {
    await browser.close();
    await studio.close();
    await pictures.remove();
  });

  async function opened(room: string): Promise<TestPage> {
    const page = await browser.newPage();
    await page.goto(`${studio.url}#/${room}`);
    await says(page, /In this page: WebAssembly/);
    return page;
  }

  async function begin(page: TestPage): Promise<void> {
    await press(page, 'Train');
    await fill(page, 'Pictures', 'my pictures');
    await fill(page, 'Epochs', String(epochs));
    await press(page, 'Start training');
  }

  test('a run that is left alone ends', { timeout }, async () => {
    const page = await opened('data');
    await collect(page, pictures);
    await begin(page);
    await says(page, new RegExp(`Finished: ${epochs} of ${epochs} epochs`));
    whole = await sumsOf(page, 'resnext_cifar');
    await page.close();
  });

  test('one whose page is closed goes on when it is opened, to the same bytes', { timeout }, async () => {
    const first = await opened('train');
    await begin(first);
    await says(first, /Training: epoch ([3-9]|\d\d) of/);
    await first.close();

    const page = await opened('train');
    await says(page, /resnext_cifar-2 was cut off in epoch \d+, when its page was closed\. It goes on/);
    await says(page, new RegExp(`Finished: ${epochs} of ${epochs} epochs`));
    expect(await sumsOf(page, 'resnext_cifar-2')).toEqual(whole);
    await page.close();

    // It is over: nothing goes on another time.
    const again = await opened('train');
    await says(again, new RegExp(`Finished: ${epochs} of ${epochs} epochs`));
    expect(await textOf(again)).not.toMatch(/cut off/);
    await again.close();
  });

  test('one that goes on is stopped, stays stopped, and is continued by hand', { timeout }, async () => {
    const first = await opened('train');
    await begin(first);
    await says(first, /Training: epoch ([3-9]|\d\d) of/);
    await first.close();

    const page = await opened('network');
    await says(page, /resnext_cifar-3 was cut off in epoch/);
    await press(page, 'Stop resnext_cifar-3');
    await says(page, /resnext_cifar-3 is stopped; it can go on from there/);
    await page.close();

    const next = await opened('train');
    await says(next, /Stopped after \d+ of \d+ epochs; it can go on from there\./);
    await press(next, 'Go on with resnext_cifar-3');
    await says(next, new RegExp(`Finished: ${epochs} of ${epochs} epochs`));
    expect(await sumsOf(next, 'resnext_cifar-3')).toEqual(whole);
    await next.close();
  });

  test(
    'one that another tab trains is shown, and goes on here as soon as that one is closed',
    { timeout },
    async () => {
      const first = await opened('train');
      await begin(first);
      await says(first, /Training: epoch ([3-9]|\d\d) of/);

      const second = await opened('train');
      await says(second, /Training, started elsewhere: epoch \d+ of/);
      expect(await textOf(second)).not.toMatch(/Stop resnext_cifar-4|Go on with resnext_cifar-4|cut off/);
      await first.close();
      await says(second, /resnext_cifar-4 was cut off in epoch \d+, when its page was closed\. It goes on/);
      await says(second, new RegExp(`Finished: ${epochs} of ${epochs} epochs`));
      expect(await sumsOf(second, 'resnext_cifar-4')).toEqual(whole);
      await second.close();
    },
  );
});
