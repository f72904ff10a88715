import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servePages } from '../browser/support/pages.ts';
import {
  browsers,
  openBrowser,
  startBrowser,
  type TestBrowser,
  type TestPage,
} from '../browser/support/browsers.ts';
import { fill, give, press, says } from './support/page-actions.ts';
import { page as built, serveStatic, type TestStudio } from './support/studio.ts';
import { collect, send, twoClasses, type TwoClasses } from './support/two-classes.ts';

/** What the static page keeps in the browser, and what it says where it cannot. */
let pictures: TwoClasses;
beforeAll(async () => {
  pictures = await twoClasses(10);
});
afterAll(() => pictures.remove());

async function opened(browser: TestBrowser, { url }: TestStudio, room: string): Promise<TestPage> {
  const page = await browser.newPage();
  await page.goto(`${url}#/${room}`);
  await says(page, /In this page: WebAssembly/);
  return page;
}

async function train(page: TestPage): Promise<void> {
  await press(page, 'Train');
  await fill(page, 'Epochs', '2');
  await press(page, 'Start training');
}

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  test('a temperature is saved with the checkpoint, and is there when the page is loaded anew', async () => {
    const browser = await openBrowser(kind);
    const studio = await serveStatic(true);
    try {
      const page = await opened(browser, studio, 'data');
      await collect(page, pictures);
      await train(page);
      await says(page, /Finished: 2 of 2 epochs/);
      const judge = async (on: TestPage): Promise<void> => {
        await press(on, 'Judge');
        await fill(on, 'Network', 'resnext_cifar');
        await fill(on, 'Pictures', 'my pictures');
        await fill(on, 'Which of them', 'Training (it has seen these)');
        await press(on, 'Judge');
        await says(on, /of \d+ pictures are classified right/);
      };
      await judge(page);
      await says(page, /Temperature 1\.00/);
      await fill(page, 'Temperature', '1');
      await says(page, /Temperature 2\.00/);
      await press(page, 'Save with the network');
      await says(page, /Saved in resnext_cifar\/best\.safetensors/);
      expect(await headOf(page, 'resnext_cifar')).toContain('"temperature":"2"');

      const again = await opened(browser, studio, 'judge');
      await judge(again);
      await says(again, /Temperature 2\.00/);
      // The example is everybody's.
      await fill(again, 'Network', 'Example');
      await fill(again, 'Pictures', 'Fashion-MNIST sample');
      await fill(again, 'Which of them', 'Test');
      await press(again, 'Judge');
      await says(again, /of 1,000 pictures are classified right/);
      await fill(again, 'Temperature', '1');
      await press(again, 'Save with the network');
      await says(again, /Example came with the studio and stays as it is: train a run of your own/);
    } finally {
      await browser.close();
      await studio.close();
    }
  });

  test('pictures whose server unzips them on the way are the same', async () => {
    const browser = await openBrowser(kind);
    const server = await servePages({
      folders: { '/some/folder': built },
      answer: ({ url }, response) => {
        if (url?.endsWith('.gz') === true) response.setHeader('Content-Encoding', 'gzip');
        return false;
      },
    });
    try {
      const studio = { ...server, url: `${server.origin}/some/folder/` };
      const page = await opened(browser, { ...studio, url: `${studio.url}index.html` }, 'data');
      await says(page, /T-shirt\/top 540 60 100/);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});

test.skipIf(!browsers.includes('firefox'))(
  'a private window without files classifies, and says why it does not train',
  async () => {
    const browser = await startBrowser('firefox', { 'browser.privatebrowsing.autostart': true });
    const studio = await serveStatic(false);
    try {
      const page = await opened(browser, studio, 'use');
      await says(page, /keeps no files for this page.*open it in a window that is not private/);
      await give(page, 'Drop a picture that it has never seen', pictures.light.slice(0, 1));
      await says(page, /light 0\.ppm [A-Z][\w/ -]+, \d+(\.\d+)? %/);
      await train(page);
      await says(page, /Start training This browser keeps no files|keeps no files.*keeps no files/);
    } finally {
      await browser.close();
      await studio.close();
    }
  },
);

test.skipIf(!browsers.includes('chromium'))('no room is said, and leaves nothing half made', async () => {
  const browser = await openBrowser('chromium');
  const studio = await serveStatic(true);
  try {
    const page = await opened(browser, studio, 'data');
    const { playwright } = page.driver;
    if (playwright === undefined) throw new Error('expected Chromium to be driven by Playwright');
    const session = await playwright.context().newCDPSession(playwright);
    const give = (quotaSize?: number) =>
      session.send('Storage.overrideQuotaForOrigin', {
        origin: studio.origin,
        ...(quotaSize !== undefined && { quotaSize }),
      });
    await give(20_000);
    await press(page, 'Data');
    await says(page, /Add a class/);
    await send(page, pictures);
    await says(page, /"my pictures" could not be kept: the browser gives this site no more room \(/);
    await give();
    await press(page, 'Use these pictures');
    await says(page, /class training [a-z ]*dark \d/);

    await give(400_000);
    await train(page);
    await says(page, /no more room/);
    await give();
  } finally {
    await browser.close();
    await studio.close();
  }
});

/** The head of a run's best weights; a page's types are not those of Node. */
declare const navigator: {
  readonly storage: { getDirectory(): Promise<Folder> };
};
interface Folder {
  getDirectoryHandle(name: string): Promise<Folder>;
  getFileHandle(name: string): Promise<{ getFile(): Promise<Blob> }>;
}
function headOf(page: TestPage, run: string): Promise<string> {
  return page.evaluate(async (name) => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
    const file = await (await runs.getDirectoryHandle(name)).getFileHandle('best.safetensors');
    return (await (await file.getFile()).slice(0, 20_000).text()).replaceAll('\\"', '"');
  }, run);
}
