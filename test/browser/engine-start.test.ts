import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/base/version.ts';
import type { Tools } from './engine-page.ts';
import { browsers, openBrowser } from './support/browsers.ts';
import { dist, html, known, load, ToolPages, type Loaded } from './support/tool-pages.ts';

/** In the page. */
declare const tools: Tools;

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe.each(browsers)('what keeps an engine of %s from starting is said in a line', (kind) => {
  let pages: ToolPages;
  beforeAll(async () => {
    pages = new ToolPages(await openBrowser(kind), loaded.files);
  });
  afterAll(() => pages.close());

  const begin = /^CardinalError: the engine cannot start: http:\/\/127\.0\.0\.1:\d+/;

  test('files that are missing, of another type or version, and no network', async () => {
    const engine = await readFile(join(dist, 'web/engine.js'), 'utf8');
    const { page, server } = await pages.open({
      isolated: true,
      files: {
        '/threads/web/engine.js': engine,
        '/threads/kernels/kernels-relaxed.wasm': await readFile(join(dist, 'kernels/kernels-relaxed.wasm')),
        '/kernels/web/engine.js': engine,
        '/html/web/engine.js': engine,
        '/version/web/engine.js': engine.replaceAll(`"${VERSION}"`, '"0.0.1"'),
        '/broken/web/engine.js': 'throw new Error("too old")',
      },
      answer: (request, response) => {
        if (!['/type/web/engine.js', '/html/kernels/kernels-relaxed.wasm'].includes(request.url ?? ''))
          return false;
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
        return true;
      },
    });
    const start = (base: string) =>
      page.evaluate(
        (base) =>
          tools.attempt(async () => (await tools.createBackend({ base, training: false, threads: 2 })).about),
        base,
      );
    const copy = /give base, the URL of a copy of the folders web and kernels of cardinal-nn's dist/;
    const missing = await start('/missing/');
    expect(missing).toMatch(begin);
    expect(missing).toMatch(/\/missing\/web\/engine\.js was answered with 404: /);
    expect(missing).toMatch(copy);
    const typed = await start('/type/');
    expect(typed).toMatch(begin);
    expect(typed).toMatch(/engine\.js came as text\/html, expected JavaScript: /);
    expect(await start('/kernels/')).toMatch(
      /^CardinalError: the kernels, http.*kernels-relaxed\.wasm, were answered with 404: give base/,
    );
    expect(await start('/html/')).toMatch(
      /^CardinalError: .*kernels-relaxed\.wasm is no WebAssembly, it came as text\/html: give base/,
    );
    expect(await start('/threads/')).toMatch(
      /a thread that computes cannot start: http.*worker\.js was answered with 404: /,
    );
    expect(await start('/version/')).toMatch(
      /^CardinalError: the page has cardinal-nn .* is of 0\.0\.1: give base/,
    );
    expect(await start('/broken/')).toMatch(/engine\.js: .*too old/);
    await server.close();
    const gone = await start('/dist/');
    expect(gone).toMatch(begin);
    expect(gone).toMatch(/engine\.js cannot be fetched \(/);
    await page.close();
  });

  const policy = {
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'worker-src': "'self'",
    'connect-src': "'self'",
  };
  const written = (directives: Readonly<Record<string, string>>): string =>
    Object.entries(directives)
      .map(([name, sources]) => `${name} ${sources}`)
      .join('; ');

  test('a strict Content-Security-Policy is kept', async () => {
    const { page } = await pages.open({ isolated: true, csp: written(policy) });
    const found = await page.evaluate(
      async ({ known }) => {
        const options = { ...known, base: '/dist', threads: 2 };
        const backend = await tools.createBackend({ base: '/dist', threads: 2 });
        const classifier = await tools.loadClassifier('/weights.safetensors', options);
        const top = await classifier.classify('/picture.png', { topK: 3 });
        await classifier.dispose();
        await backend.dispose();
        return { top, violations: tools.violations };
      },
      { known },
    );
    expect(found).toEqual({ top: loaded.top, violations: [] });
    // Firefox asks for an icon by itself.
    expect(page.console.filter((line) => !line.includes('favicon.ico'))).toEqual([]);
    await page.close();
  });

  test.each([
    [
      'worker-src',
      "'none'",
      /training\.js: the Content-Security-Policy refuses it: add 'self' to worker-src$/,
    ],
    [
      'script-src',
      "'self'",
      /^CardinalError: WebAssembly cannot run here: .*: add 'wasm-unsafe-eval' to script-src$/,
    ],
    [
      'connect-src',
      "'none'",
      /^CardinalError: the kernels, .*: the Content-Security-Policy refuses it: add 'self' to connect-src$/,
    ],
  ])('a directive that is missing is named: %s', async (directive, sources, message) => {
    const { page } = await pages.open({ isolated: true, csp: written({ ...policy, [directive]: sources }) });
    const found = await page.evaluate(
      () => tools.attempt(async () => (await tools.createBackend({ base: '/dist', threads: 1 })).about),
      undefined,
    );
    expect(found).toMatch(message);
    await page.close();
  });

  test('scripts of another origin start by way of a Blob, which a policy has to allow', async () => {
    const elsewhere = await pages.serve({ headers: { 'Access-Control-Allow-Origin': '*' } });
    const base = `${elsewhere.origin}/dist/`;
    const start = async (csp: string | undefined) => {
      const { page } = await pages.open({ isolated: true, ...(csp === undefined ? {} : { csp }) });
      const found = await page.evaluate(
        (base) => tools.attempt(async () => (await tools.createBackend({ base, threads: 2 })).about),
        base,
      );
      await page.close();
      return found;
    };
    expect(await start(undefined)).toMatch(/^WebAssembly with relaxed SIMD, 2 threads/);
    const { origin } = elsewhere;
    const allowed = {
      'script-src': `${policy['script-src']} ${origin}`,
      'connect-src': `'self' ${origin}`,
    };
    expect(await start(written({ ...policy, ...allowed }))).toMatch(/: add blob: to worker-src$/);
  });
});
