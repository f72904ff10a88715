import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { readUntil } from '../support/eventually.ts';
import { bundled, openPlatform, serveMachine, type TestPlatform, type TestStudio } from './support/studio.ts';

let folder: string;
let opened: TestPlatform;
let studio: TestStudio;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-inside-'));
  const options = { layers: [1, 1], cardinality: 4, baseWidth: 16, planes: 8, inChannels: 1, numClasses: 10 };
  const weights = join(folder, 'small.safetensors');
  const bytes = await buildCheckpoint({
    model: { name: 'resnext_cifar', options },
    input: [1, 28, 28],
    classes: Array.from({ length: 10 }, (_, label) => `kind ${label}`),
    preprocessing: {
      ...{ channels: 1, size: [28, 28], resize: 28, interpolation: 'bilinear', mean: [0.3], std: [0.35] },
    },
    state: createModel('resnext_cifar', options).initialize(1).stateDict(),
  });
  await writeFile(weights, bytes);
  opened = await openPlatform([bundled, weights]);
  studio = await serveMachine(opened);
});
afterAll(async () => {
  await studio.close();
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

/** What of a page is used in it. */
interface PageGlobals {
  readonly document: {
    querySelector(selector: string): {
      value: string;
      dispatchEvent(event: Event): boolean;
      click(): void;
    } | null;
    querySelectorAll(selector: string): { readonly length: number };
  };
}

const countOf = (page: TestPage, selector: string, wanted: number): Promise<number> =>
  readUntil(
    () =>
      page.evaluate(
        (of) => (globalThis as unknown as PageGlobals).document.querySelectorAll(of).length,
        selector,
      ),
    (count) => count === wanted,
  );

const choose = (page: TestPage, chosen: readonly [selector: string, value: string]): Promise<void> =>
  page.evaluate(([selector, value]) => {
    const found = (globalThis as unknown as PageGlobals).document.querySelector(selector);
    if (found === null) throw new Error(`nothing is ${selector}`);
    found.value = value;
    found.dispatchEvent(new Event('change', { bubbles: true }));
  }, chosen);

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test('a picture is explained, its layers and its paths are shown', async () => {
    const page = await browser.newPage();
    await page.goto(`${studio.url}#/inside`);
    await countOf(page, '.inside-chooser select', 3);
    await choose(page, ['.inside-chooser label:nth-of-type(3) select', '0']);
    expect(await countOf(page, '.inside-classes button', 5)).toBe(5);
    // The picture, and the same with what speaks for the class.
    expect(await countOf(page, '.inside-pictures canvas', 2)).toBe(2);
    await choose(page, ['[aria-labelledby="inside-layers"] select', 'layer1.0.conv2']);
    expect(await countOf(page, '.inside-maps canvas', 8)).toBe(8);
    await page.evaluate((selector) => {
      (globalThis as unknown as PageGlobals).document.querySelector(selector)?.click();
    }, '[aria-labelledby="inside-paths"] button');
    // Two blocks of four paths: their sizes and their effects.
    expect(await countOf(page, '.inside-table rect', 16)).toBe(16);
    expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});
