import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Outcome } from './plain-calls-page.ts';
import { browsers, openBrowser } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { servePages } from './support/pages.ts';

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>';

/** Whoever calls without types gets one line that says what was expected; a TypeError would be one from the inside. */
test.skipIf(browsers.length === 0)('a caller in plain JavaScript gets one line', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const server = await servePages({
    files: { '/': html, '/main.js': await bundlePage('test/browser/plain-calls-page.ts') },
    folders: { '/dist': join(root, 'dist') },
  });
  const browser = await openBrowser(browsers[0]);
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    const outcomes = await page.evaluate(
      () => (globalThis as unknown as { outcomes(): Promise<Outcome[]> }).outcomes(),
      undefined,
    );
    expect(outcomes.length).toBeGreaterThan(70);
    expect(outcomes.filter(({ fits }) => !fits)).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});
