import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser } from './browsers.ts';
import { bundlePage } from './bundle.ts';
import { servePages } from './pages.ts';

describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test.each([true, false])('a page and its worker are isolated or not: %s', async (isolated) => {
    const worker = await bundlePage({ source: 'self.postMessage(self.crossOriginIsolated)' });
    const server = await servePages({ isolated, files: { '/worker.js': worker } });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/`);
      const found = await page.evaluate(
        (script: string) =>
          new Promise((resolve) => {
            const started = new Worker(script, { type: 'module' });
            started.onmessage = ({ data }) => {
              resolve({ page: self.crossOriginIsolated, worker: data as unknown });
            };
          }),
        '/worker.js',
      );
      expect(found).toEqual({ page: isolated, worker: isolated });
      expect(page.console).toEqual([]);
      expect(server.requests).toEqual(['/', '/worker.js']);
      await page.close();
    } finally {
      await server.close();
    }
  });

  test('a page is shown light or dark', async () => {
    const server = await servePages();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/`);
      for (const scheme of ['dark', 'light'] as const) {
        await page.setColorScheme(scheme);
        const isDark = (): Promise<boolean> =>
          page.evaluate(
            () =>
              (globalThis as unknown as { matchMedia(query: string): { matches: boolean } }).matchMedia(
                '(prefers-color-scheme: dark)',
              ).matches,
            undefined,
          );
        await expect.poll(isDark).toBe(scheme === 'dark');
      }
      await page.close();
    } finally {
      await server.close();
    }
  });

  test('workers start workers, again and again', async () => {
    const engine = `
      const started = () => new Promise((resolve) => {
        const worker = new Worker('/nested.js', { type: 'module' });
        worker.onmessage = () => { resolve(worker); };
      });
      for (let round = 0; round < 10; round++) {
        const workers = await Promise.all([started(), started(), started(), started()]);
        for (const worker of workers) worker.terminate();
      }
      self.postMessage('done');`;
    const files = { '/engine.js': engine, '/nested.js': "self.postMessage('alive')" };
    const server = await servePages({ isolated: true, files });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/`);
      const answer = await page.evaluate(
        () =>
          new Promise((resolve) => {
            new Worker('/engine.js', { type: 'module' }).onmessage = ({ data }) => {
              resolve(data);
            };
          }),
        undefined,
      );
      expect(answer).toBe('done');
      await page.close();
    } finally {
      await server.close();
    }
  });
});
