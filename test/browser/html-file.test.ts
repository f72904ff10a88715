import axe from 'axe-core';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportHtml, loadClassifier } from '../../src/node/index.ts';
import { readUntil } from '../support/eventually.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import {
  checkpointOf,
  HtmlFolder,
  noisyPictures,
  openFile,
  readShown,
  textOf,
  tryPictures,
  type Shown,
} from './support/html-file.ts';

/** Names of strangers: each tries to end the element that it stands in. */
const hostile = [
  '</script><script>globalThis.hacked = 1</script>',
  '<img src=x onerror="globalThis.hacked = 2">',
  '<!-- <script> & \u202eabc',
  ' ',
];
const preprocessing = {
  ...{
    channels: 3 as const,
    size: [32, 32] as [number, number],
    resize: 32,
    interpolation: 'bilinear' as const,
  },
  ...{ mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] },
};
/** One that the small scripts compute, one that takes the complete ones, and one of labels. */
const networks = {
  small: {
    model: {
      name: 'resnext_cifar',
      options: { layers: [1, 1, 1], planes: 8, cardinality: 4, baseWidth: 16, numClasses: 4 },
    },
    ...{ classes: hostile, preprocessing, temperature: 1.7, licence: 'CC0-1.0', origin: 'a <b>test</b>' },
    trained: { epochs: 3, steps: 40, validation: { loss: 0.4, top1: 0.875, top5: 1 } },
  },
  complete: {
    model: { name: 'mobilenetv3_small_050', options: { numClasses: 4 } },
    ...{ classes: hostile, preprocessing },
  },
  labels: {
    model: { name: 'resnet20_cifar', options: { numClasses: 4 } },
    ...{ classes: hostile, preprocessing, task: 'labels' as const },
  },
};

let folder: HtmlFolder;
let pictures: string[];
/** What Node takes the pictures for, by network; the newest first, as the page lists them. */
const expected: Record<string, Shown[]> = {};

beforeAll(async () => {
  folder = await HtmlFolder.create();
  const files = await noisyPictures();
  pictures = [];
  for (const [name, bytes] of Object.entries(files)) pictures.push(await folder.write(name, bytes));
  for (const [name, description] of Object.entries(networks)) {
    const weights = await folder.write(`${name}.safetensors`, await checkpointOf(description));
    await folder.write(`${name}.html`, await exportHtml(weights, { title: `It's <${name}>` }));
    await using classifier = await loadClassifier(weights, { blas: false, threads: 1 });
    expected[name] = [];
    for (const [file, bytes] of Object.entries(files)) {
      const top = await classifier.classify(bytes, { topK: 5 });
      expected[name].unshift({
        ...{ name: file, error: undefined },
        top: top.map((one) => [one.class, one.probability]),
      });
    }
  }
}, 60_000);
afterAll(() => folder.remove());

interface PageGlobals {
  readonly hacked: unknown;
  readonly document: {
    readonly title: string;
    readonly body: { readonly scrollWidth: number; dispatchEvent(event: Event): boolean };
    createElement(name: string): { textContent: string };
    querySelectorAll(selector: string): { readonly length: number };
  };
}

interface EventGlobals {
  readonly DataTransfer: new () => { readonly items: { add(file: File): void } };
  readonly DragEvent: new (type: string, init: object) => Event;
  readonly ClipboardEvent: new (type: string, init: object) => Event;
}

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  let browser: TestBrowser;
  let page: TestPage;
  const requests: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser(kind);
    page = await browser.newPage();
    const { playwright, puppeteer } = page.driver;
    playwright?.on('request', (request) => requests.push(request.url()));
    puppeteer?.on('request', (request) => requests.push(request.url()));
    await playwright?.context().setOffline(true);
  });
  afterAll(async () => {
    await page.driver.playwright?.context().setOffline(false);
    await browser.close();
  });

  test.each(Object.keys(networks))('%s classifies from the disk, offline, as Node does', async (name) => {
    await openFile(page, folder.path(`${name}.html`));
    const bad = await folder.write('none.jpg', 'not a picture');
    const found = await tryPictures(page, [...pictures, bad], 4);
    // The same doubles: logits that differ in a bit would show.
    expect(found.slice(1)).toEqual(expected[name]);
    expect(found[0]).toMatchObject({ name: 'none.jpg', top: [] });
    expect(found[0].error).toMatch(/^cannot read the picture none.jpg: not a picture/);
    const state = await page.evaluate(() => {
      const { hacked, document } = globalThis as unknown as PageGlobals;
      const images = document.querySelectorAll('img[src=x]').length;
      return { hacked, images, title: document.title };
    }, undefined);
    expect(state).toEqual({ hacked: undefined, images: 0, title: `It's <${name}>` });
    const from = requests.filter((url) => !/^(file|blob|data):/.test(url));
    expect(from).toEqual([]);
    expect(page.console.filter((line) => /error|violat|uncaught/i.test(line))).toEqual([]);
  });

  test('says what it is', async () => {
    await openFile(page, folder.path('small.html'));
    const about = await textOf(page, '.facts');
    expect(about).toContain('resnext_cifar');
    expect(about).toContain('for 3 epochs');
    expect(about).toContain('87.5 %');
    expect(about).toContain('a <b>test</b>');
    expect(about).toContain('CC0-1.0');
    expect(about).toMatch(/1 thread/);
    expect(await textOf(page, '.classes')).toBe(hostile.join(''));
    expect(await textOf(page, 'details:last-of-type')).toMatch(/cardinal-nn[\s\S]*preact/);
    await openFile(page, folder.path('labels.html'));
    expect(await textOf(page, '#classifier')).toContain('Each label is true or not');
  });

  test('takes pictures that are dropped beside its field, or pasted', async () => {
    await openFile(page, folder.path('small.html'));
    const png = (await readFile(pictures[1])).toString('base64');
    await page.evaluate((base64) => {
      const { document } = globalThis as unknown as PageGlobals;
      const { DataTransfer, DragEvent, ClipboardEvent } = globalThis as unknown as EventGlobals;
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const holding = (name: string): unknown => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type: 'image/png' }));
        return transfer;
      };
      const how = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', { ...how, dataTransfer: holding('noise.png') }));
      // Firefox lets no script give its event files.
      const paste = new ClipboardEvent('paste', how);
      Object.defineProperty(paste, 'clipboardData', { value: holding('noise.png') });
      document.body.dispatchEvent(paste);
    }, png);
    const found = await readUntil(
      () => readShown(page),
      (shown) => shown.length === 2,
    );
    const [, ofPng] = expected['small'];
    expect(found).toEqual([ofPng, ofPng]);
  });

  test('has nothing that axe finds', async () => {
    const { playwright } = page.driver;
    if (playwright === undefined) return;
    await openFile(page, folder.path('small.html'));
    await tryPictures(page, pictures, 3);
    // By the driver, which no policy of a page stops.
    await playwright.evaluate(axe.source);
    const violations = await playwright.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
    expect(violations).toEqual([]);
  });

  test('lets nothing run or be fetched but what it carries', async () => {
    await openFile(page, folder.path('small.html'));
    const refused = await page.evaluate(async () => {
      const { document } = globalThis as unknown as PageGlobals;
      const script = document.createElement('script');
      script.textContent = 'globalThis.hacked = 3';
      (document.body as unknown as { append(element: unknown): void }).append(script);
      const fetched = await fetch('https://example.com/').then(
        () => 'fetched',
        () => 'refused',
      );
      return [(globalThis as unknown as PageGlobals).hacked, fetched];
    }, undefined);
    expect(refused).toEqual([undefined, 'refused']);
  });

  test.each([1000, 200_000])('a file without its last %d bytes says so', async (missing) => {
    const whole = await readFile(folder.path('small.html'));
    const part = await folder.write(`part-${missing}.html`, whole.subarray(0, whole.length - missing));
    await page.goto(`file://${encodeURI(part).replaceAll('#', '%23')}`);
    expect(await textOf(page, '#classifier')).toContain('the file is not whole');
  });

  test.each(['light', 'dark'] as const)('fits into 360 pixels, %s', async (scheme) => {
    await page.setViewport({ width: 360, height: 800 });
    await page.setColorScheme(scheme);
    await openFile(page, folder.path('small.html'));
    await tryPictures(page, pictures, 3);
    const width = await page.evaluate(
      () => (globalThis as unknown as PageGlobals).document.body.scrollWidth,
      undefined,
    );
    expect(width).toBeLessThanOrEqual(360);
    await page.setViewport({ width: 1280, height: 800 });
    await page.setColorScheme('light');
  });
});
