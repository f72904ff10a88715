import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countModel } from '../../src/cost/count-model.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { gapOf } from './support/figure.ts';
import { serveStatic } from './support/studio.ts';

describe.skipIf(!browsers.includes('firefox'))('the room Network in Firefox', () => {
  let browser: TestBrowser;
  let server: Awaited<ReturnType<typeof serveStatic>>;
  let opened: TestPage;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser('firefox');
    server = await serveStatic(false);
    opened = await browser.newPage();
    const { puppeteer } = opened.driver;
    if (puppeteer === undefined) throw new Error('Firefox is driven by puppeteer');
    page = puppeteer;
    page.setDefaultTimeout(120_000);
    await opened.setViewport({ width: 1280, height: 800 });
    await page.goto(`${server.url}#/network/resnext`);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const figure = (value: number) =>
    page.waitForFunction(
      `document.querySelector('.figures')?.textContent.includes('${value.toLocaleString('en-US')}')`,
    );

  it('counts the network of a link', async () => {
    await figure(25_028_904);
  });

  it('follows a control that is moved, on the drawing too', async () => {
    const slider = await page.waitForSelector('aria/Width d[role="slider"]');
    await slider?.focus();
    for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
    const { params } = countModel('resnext', undefined, { baseWidth: 8 });
    await figure(params);
    await page.waitForFunction(
      `document.querySelector('[data-id="0.4"]')?.ariaLabel.includes('421 k parameters')`,
    );
  });

  it('draws the block in three forms, and moves from one to the other', async () => {
    const gap = () => page.evaluate(gapOf('.network-figures figure:last-child')) as Promise<number>;
    await page.waitForSelector('.network-figures figure:last-child .piece');
    expect(await gap()).toBeGreaterThan(2);
    await (await page.waitForSelector('aria/(c) grouped convolution[role="button"]'))?.click();
    await expect.poll(gap, { timeout: 30_000 }).toBeLessThan(0.5);
  });

  it('plans it', async () => {
    await (await page.waitForSelector('section[aria-labelledby=program-title] summary'))?.click();
    await page.waitForFunction(
      `[...document.querySelectorAll('section[aria-labelledby=program-title] th')]
        .some(({ textContent }) => textContent === 'layer3, backward')`,
    );
  });

  it('writes nothing to the console', () => {
    expect(opened.console).toEqual([]);
  });
});
