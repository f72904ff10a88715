import { expect, test } from 'vitest';
import { browsers, openBrowser } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { servePages } from './support/pages.ts';

const source = `
  import { startWorker } from './src/web/start-worker.ts';
  globalThis.start = (script, seconds) => new Promise((resolve) => {
    const { port } = startWorker(new URL(script, location.href).href, 'the thread', seconds);
    port.listen(resolve);
    port.onEnd(({ name, message }) => { resolve(name + ': ' + message); });
  });`;

test.each(browsers)('a worker whose script never comes is given up, in %s', async (kind) => {
  const browser = await openBrowser(kind);
  const server = await servePages({
    files: {
      '/': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      '/page.js': await bundlePage({ source }),
      '/answers.js': "postMessage('here'); setInterval(() => {}, 1000);",
    },
    // A request that nobody answers.
    answer: ({ url }) => url === '/silent.js',
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    const start = (script: string, seconds: number): Promise<string> =>
      page.evaluate(
        ([url, time]: readonly [string, number]) =>
          (globalThis as unknown as { start(script: string, seconds: number): Promise<string> }).start(
            url,
            time,
          ),
        [script, seconds] as const,
      );
    expect(await start('/answers.js', 60)).toBe('here');
    expect(await start('/silent.js', 0.5)).toMatch(
      /^CardinalError: the thread cannot start: http.*\/silent\.js said nothing for 0\.5 seconds: try again/,
    );
  } finally {
    await browser.close();
    await server.close();
  }
});
