import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../../src/index.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import type { GapCalls } from './support/gaps-page.ts';
import { servePages, type TestServer } from './support/pages.ts';

// The only times that tests of ours take, which is why this file runs by itself, when all others have ended.

const names = ['gradients', 'train', 'classify', 'open'] as const satisfies readonly (keyof GapCalls)[];

/** In the page. */
declare const calls: GapCalls;

let server: TestServer;
beforeAll(async () => {
  server = await servePages({
    isolated: true,
    files: {
      '/': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      '/page.js': await bundlePage('test/browser/support/gaps-page.ts'),
      '/weights.safetensors': await writeSafetensors(createModel('resnet20_cifar').stateDict(), {}),
      '/picture.png': await sharp({ create: { width: 48, height: 48, channels: 3, background: 'teal' } })
        .png()
        .toBuffer(),
    },
    folders: { '/dist': fileURLToPath(new URL('../../dist', import.meta.url)) },
  });
});
afterAll(() => server.close());

describe.each(browsers)('in %s', (kind) => {
  let browser: TestBrowser;
  let page: TestPage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    page = await browser.newPage();
    await page.goto(`${server.origin}/`);
  });
  afterAll(() => browser.close());

  test.each(names)('the page comes round within 50 ms: %s', async (name) => {
    const gap = await page.evaluate((called) => calls[called](), name);
    expect(gap).toBeGreaterThan(0);
    expect(gap).toBeLessThan(50);
  });
});
