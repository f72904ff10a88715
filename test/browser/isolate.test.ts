import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { servePages } from './support/pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const html = '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>';

/** Tells what became of it once the page is not about to be reloaded, and how often it was loaded. */
const source = `
  import { isolate } from './src/web/isolate.ts';
  import { createBackend } from './src/web/index.ts';
  const loads = Number(sessionStorage.getItem('loads')) + 1;
  sessionStorage.setItem('loads', loads);
  const script = new URL(location).searchParams.get('script') ?? undefined;
  const { isolated, reason } = await isolate({ script });
  const backend = await createBackend({ base: '/dist', training: false });
  globalThis.outcome = { loads, isolated, reason, about: backend.about };
  await backend.dispose();`;

async function outcomeOf(page: TestPage): Promise<unknown> {
  for (;;) {
    try {
      const found = await page.evaluate(async () => {
        const { outcome } = globalThis as { readonly outcome?: unknown };
        if (outcome === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
        return outcome ?? null;
      }, undefined);
      if (found !== null) return found;
    } catch (error) {
      // The page is being loaded again.
      if (!/context|navigat|destroyed|closed|frame/i.test(String(error))) throw error;
    }
  }
}

describe.each(browsers)('%s', (kind) => {
  test('a page without headers becomes isolated after one reload, and says why it cannot', async () => {
    const program = await bundlePage({ source });
    const worker = await readFile(join(root, 'dist/web/isolate-worker.js'), 'utf8');
    const server = await servePages({
      files: {
        ...{ '/app/index.html': html, '/app/isolate-worker.js': worker, '/isolate-worker.js': worker },
        ...{ '/main.js': program, '/plain/index.html': html, '/low/isolate-worker.js': worker },
        '/broken/index.html': html,
      },
      folders: { '/dist': join(root, 'dist') },
    });
    const browser = await openBrowser(kind);
    try {
      const page = await browser.newPage();
      const open = async (path: string): Promise<unknown> => {
        await page.goto(`${server.origin}${path}`);
        return outcomeOf(page);
      };
      expect(await open('/broken/index.html')).toMatchObject({
        ...{ loads: 1, isolated: false },
        reason: expect.stringMatching(/^the service worker was not registered: /) as string,
        about: expect.stringContaining('1 thread') as string,
      });
      expect(await open('/plain/index.html?script=/low/isolate-worker.js')).toMatchObject({
        ...{ loads: 2, isolated: false },
        reason: expect.stringMatching(
          /^the page is not in the scope of the service worker, .*\/low\/: /,
        ) as string,
      });
      const threads = expect.stringMatching(
        /^WebAssembly with relaxed SIMD, \d+ threads? \(fused multiply–adds\)$/,
      ) as string;
      expect(await open('/plain/index.html?script=/isolate-worker.js')).toEqual({
        loads: 4,
        isolated: true,
        about: threads,
      });
      expect(await open('/plain/index.html')).toEqual({ loads: 5, isolated: true, about: threads });
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
