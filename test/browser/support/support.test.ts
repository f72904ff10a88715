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
});
