import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costTree } from '../../src/cost/cost-tree.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { createModel } from '../../src/models/index.ts';
import { layout } from '../../studio/src/network/drawing/layout.ts';
import { outline } from '../../studio/src/network/outline.ts';
import { sentenceOf } from '../../studio/src/network/words.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { gapOf } from './support/figure.ts';
import { watchDrawing, type Watched } from './support/watch-drawing.ts';
import { openPlatform, serveMachine, serveStatic } from './support/studio.ts';

/** What the parts of a network that is opened to its last layer are called, drawn at once. */
function labelsOf(options: Readonly<Record<string, unknown>>): string[] {
  const tree = costTree(createModel('resnext', options), { inputSize: [1, 3, 224, 224] });
  return layout(outline(tree), () => true, 700).boxes.map(({ part }) => sentenceOf(part));
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe.skipIf(!browsers.includes('chromium'))(
  'the rooms Network and Paper, from a folder of a static server',
  () => {
    let browser: TestBrowser;
    let server: Awaited<ReturnType<typeof serveStatic>>;
    let opened: TestPage;
    let page: Page;

    beforeAll(async () => {
      browser = await openBrowser('chromium');
      server = await serveStatic(false);
      opened = await browser.newPage();
      const { playwright } = opened.driver;
      if (playwright === undefined) throw new Error('Chromium is driven by playwright');
      page = playwright;
      page.setDefaultTimeout(60_000);
    }, 120_000);
    afterAll(async () => {
      await browser.close();
      await server.close();
    });

    /** Opens an address anew: a page of which only what is behind # changes would not be loaded. */
    async function open(hash: string): Promise<void> {
      await page.goto('about:blank');
      await page.goto(`${server.url}${hash}`);
      await page.locator('h1').waitFor();
    }
    const figure = (text: string) => page.locator('.figures', { hasText: text }).waitFor();
    /** Of all elements of a selector, as they are now. */
    const attributes = (selector: string, name: string) =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('${selector}')].map((each) => each.getAttribute('${name}') ?? '')`,
      );
    const details = () => page.getByRole('region', { name: 'Details of the part' }).innerText();
    /** What axe finds, in words. */
    async function faults(): Promise<string[]> {
      await page.addScriptTag({ content: await readFile(axe, 'utf8') });
      return page.evaluate(async () => {
        const { axe: checker } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const { violations } = await checker.run();
        return violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
        );
      });
    }

    it('shows the network of a link, which is walked and opened by keys', async () => {
      await open('#/network/resnet50');
      await figure('25,557,032');
      await page.getByRole('treeitem').first().focus();
      expect(await page.getByRole('treeitem').count()).toBe(11);
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter'])
        await page.keyboard.press(key);
      const stage = page.getByRole('treeitem', { name: /^layer1/ });
      expect(await stage.getAttribute('aria-expanded')).toBe('true');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      expect(await details()).toMatch(/layer1\.1\n[\s\S]*70,400/);
      expect(
        await page
          .getByRole('treeitem', { name: /^conv2 · 3×3 convolution .*: 64×56×56 to 64×56×56/ })
          .count(),
      ).toBe(1);
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      expect(await details()).toContain('layer1.1 to layer1.2');
    });

    it('follows a control, and keeps what is set in the address', async () => {
      await open('#/network/resnext');
      await figure('25,028,904');
      // ResNeXt-101 64×4d and 8×14d, as torchvision publishes the one and the paper names the other.
      await page.getByRole('button', { name: '101 layers' }).click();
      await page.getByRole('slider', { name: 'Cardinality C' }).fill('6');
      await figure('83,455,272');
      await page.waitForFunction("location.hash === '#/network/resnext/layers=3,4,23,3/cardinality=64'");
      await page.reload();
      await figure('83,455,272');
      await page.getByRole('button', { name: 'Take 8×14: 71,456 weights' }).click();
      await figure(countModel('resnext101_8x14d').params.toLocaleString('en-US'));
    });

    it('finds a network by words, and changes it freely', async () => {
      await open('#/network');
      await figure('25,028,904');
      await page.getByRole('searchbox', { name: 'Search' }).fill('squeeze 32x4d');
      await page
        .locator('select', { hasText: 'seresnext50_32x4d' })
        .first()
        .selectOption('seresnext50_32x4d');
      await figure('27,559,896');
      await open('#/network/resnext101_32x4d');
      await page.getByRole('button', { name: 'Change its depth, cardinality and width' }).click();
      await page.getByRole('button', { name: '152 layers' }).click();
      await page.waitForFunction("location.hash.includes('layers=3,8,36,3')");
    });

    it('says in a line why a link shows nothing', async () => {
      await open('#/network/resnext/cardinality=0');
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.innerText()).toContain('expected cardinality to be a whole number from 1');
    });

    it('draws all 32 paths, and what becomes of them', async () => {
      await open('#/network/resnext50_32x4d');
      const own = page.locator('.block-figure').last();
      await own.locator('.piece').nth(5).waitFor();
      const outlines = () => attributes('.network-figures figure:last-child .piece', 'd');
      // Even and odd paths of three layers, a rectangle for each.
      expect((await outlines()).map((outline) => outline.split('M').length - 1)).toEqual(Array(6).fill(16));
      const gaps = () => page.evaluate<number>(gapOf('.network-figures figure:last-child'));
      expect(await gaps()).toBeGreaterThan(2);
      await page.getByRole('button', { name: '(c) grouped convolution' }).click();
      await expect.poll(gaps).toBeLessThan(0.5);
      expect(await page.getByRole('region', { name: 'What each form costs' }).innerText()).toMatch(
        /\(a\)\s+71,168[\s\S]*\(b\)\s+71,168[\s\S]*\(c\)\s+71,168/,
      );
    });

    it('draws anew only what is in sight while a control is dragged, and the rest when it rests', async () => {
      await open('#/network/resnext/layers=3,8,36,3');
      const parts = page.locator('.network-drawing .part');
      await parts.first().waitFor();
      const closed = page.locator('.network-drawing .part[aria-expanded=false]');
      while ((await closed.count()) > 0) await closed.first().dispatchEvent('click');
      const labels = () => attributes('.network-drawing .part', 'aria-label');
      const before = await labels();
      expect(before.length).toBeGreaterThan(400);
      await page.evaluate(watchDrawing);
      const slider = page.getByRole('slider', { name: 'Width d' });
      for (const step of ['4', '5', '6', '7']) await slider.fill(step);
      await figure(
        countModel('resnext', undefined, { layers: [3, 8, 36, 3], baseWidth: 8 }).params.toLocaleString(
          'en-US',
        ),
      );
      const settled = labelsOf({ layers: [3, 8, 36, 3], baseWidth: 8 });
      await expect.poll(labels, { timeout: 20_000 }).toEqual(settled);
      const { most, dragged } = await page.evaluate<Watched>('watched');
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(100);
      expect(dragged).toContain('Width d');
      expect(dragged.filter((name) => name !== 'Width d' && name !== 'P')).toEqual([]);
      expect(settled.filter((label, index) => label !== before[index]).length).toBeGreaterThan(300);
    });

    it('plans it: memory and work by the parts of the network', async () => {
      await open('#/network/resnext29_8x64d_cifar');
      await page.getByText('Memory and work, step by step').click();
      const table = page.getByRole('region', { name: 'Parts of the program' });
      await table.getByRole('row', { name: /^layer3, backward/ }).waitFor();
      await page.getByRole('checkbox', { name: /^Training/ }).uncheck();
      await table.getByRole('row', { name: /^once: weights made ready/ }).waitFor();
      expect(await table.innerText()).not.toContain('backward');
    });

    it('lets Table 2 be played', async () => {
      await open('#/paper');
      const cardinality = page.getByRole('slider', { name: 'Paths: cardinality C' });
      const width = page.getByRole('slider', { name: 'Channels of each: width d' });
      for (const [step, d, weights] of [
        ['0', '64', '69,632'],
        ['1', '40', '69,760'],
        ['2', '24', '69,888'],
        ['3', '14', '71,456'],
        ['5', '4', '70,144'],
      ] as const) {
        await cardinality.fill(step);
        expect(await width.getAttribute('aria-valuetext')).toBe(d);
        expect(await page.locator('main').innerText()).toContain(`${weights} weights`);
      }
      await page.getByRole('row', { name: /^depthwise 134/ }).waitFor();
    });

    it.each([
      ['#/network/resnext', 'light', 1280],
      ['#/network/resnext', 'dark', 360],
      ['#/paper', 'dark', 1280],
      ['#/paper', 'light', 360],
    ] as const)(
      '%s in %s, %i pixels wide: axe finds nothing, nothing sticks out',
      async (hash, scheme, width) => {
        await opened.setColorScheme(scheme);
        await opened.setViewport({ width, height: 800 });
        await open(hash);
        await page.getByRole('row', { name: /^\(c\)/ }).waitFor();
        for (const summary of await page.locator('summary').all()) await summary.click();
        if (hash !== '#/paper') {
          await page.getByRole('treeitem', { name: /^layer1/ }).click();
          await page.getByRole('region', { name: 'Parts of the program' }).waitFor();
        }
        expect(await faults()).toEqual([]);
        expect(
          await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'),
        ).toBeLessThanOrEqual(0);
      },
    );

    it('counts in the page that a machine serves, under its policy', async () => {
      const platform = await openPlatform();
      const machine = await serveMachine(platform);
      try {
        await page.goto(`${machine.url}#/network/resnet18`);
        await figure('11,689,512');
      } finally {
        await page.goto('about:blank');
        await machine.close();
        await platform.close();
      }
    });

    it('writes nothing to the console', () => {
      expect(opened.console).toEqual([]);
    });
  },
);
