import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack, { type Configuration } from 'webpack';
import { balancedSubset } from '../../src/data/split.ts';
import { createBackend, loadClassifier, openData, trainOn } from '../../src/node/index.ts';
import { browsers, openBrowser, type TestBrowser } from './support/browsers.ts';
import { packPackage, root, type Packed } from './support/packed.ts';
import { servePages, type ServeOptions } from './support/pages.ts';

/**
 * The examples of `examples/web` as their reader has them: the packed package, each bundler with its configuration of the example,
 * minified, and a page that is opened and says of a photo what Node says.
 */
const run = promisify(execFile);
const built = ['Vite', 'webpack', 'esbuild', 'CDN', 'Vite while developing'] as const;

let folder: string;
let packed: Packed;
let photo: string;
/** What Node says of the photo, as the pages write it. */
let expected: string;
const origins = new Map<(typeof built)[number], string>();
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  if (browsers.length === 0) return;
  folder = await mkdtemp(join(tmpdir(), 'cardinal-examples-'));
  packed = await packPackage();
  photo = join(folder, 'photo.jpg');
  await sharp(join(root, 'docs/images/report.png')).resize(240, 180, { fit: 'cover' }).jpeg().toFile(photo);
  const checkpoint = await trained();
  expected = await answerOfNode(checkpoint);

  const vite = await packed.project('vite', 'vite');
  await build({ root: vite, logLevel: 'error' });
  await serve('Vite', checkpoint, join(vite, 'dist'));

  const webpacked = await packed.project('webpack', 'ts-loader', 'typescript');
  await buildWebpack(webpacked);
  await serve('webpack', checkpoint, webpacked);

  const esbuilt = await packed.project('esbuild', 'esbuild');
  await run(process.execPath, ['build.mjs'], { cwd: esbuilt });
  await serve('esbuild', checkpoint, join(esbuilt, 'dist'));

  const cdn = await servePages({
    headers: { 'Access-Control-Allow-Origin': '*' },
    folders: { '': packed.folder },
  });
  open.push(cdn);
  const page = await readFile(join(root, 'examples/web/cdn/index.html'), 'utf8');
  const published = `https://cdn.jsdelivr.net/npm/cardinal-nn@${packed.version}`;
  expect(page).toContain(published);
  // As a static host serves it: no headers, and so one thread.
  await serve('CDN', checkpoint, undefined, {
    isolated: false,
    files: { '/': page.replace(published, cdn.origin) },
  });

  // Files of the public folder are served at the root.
  await mkdir(join(vite, 'public'));
  await cp(checkpoint, join(vite, 'public/demo.safetensors'));
  const server = await createServer({
    root: vite,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
  });
  open.push(server);
  await server.listen();
  origins.set('Vite while developing', (server.resolvedUrls?.local[0] ?? '').replace(/\/$/, ''));
}, 240_000);
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  if (browsers.length === 0) return;
  await packed.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Serves a page with its checkpoint. */
async function serve(
  example: (typeof built)[number],
  checkpoint: string,
  pages: string | undefined,
  options: ServeOptions = { isolated: true },
): Promise<void> {
  const index = pages === undefined ? {} : { '/': await readFile(join(pages, 'index.html'), 'utf8') };
  const server = await servePages({
    ...options,
    files: { ...index, ...options.files, '/demo.safetensors': await readFile(checkpoint) },
    folders: pages === undefined ? {} : { '': pages },
  });
  open.push(server);
  origins.set(example, server.origin);
}

async function buildWebpack(project: string): Promise<void> {
  const { default: config } = (await import(pathToFileURL(join(project, 'webpack.config.js')).href)) as {
    default: Configuration;
  };
  await new Promise<void>((resolve, reject) => {
    webpack({ ...config, context: project }, (error, stats) => {
      if (error !== null) reject(error);
      else if (stats?.hasErrors() !== false) reject(new Error(stats?.toString('errors-only')));
      else resolve();
    });
  });
}

async function trained(): Promise<string> {
  const data = await openData(join(root, 'data/fashion-mnist-sample'));
  if (data.train === undefined) throw new Error('the sample has no training pictures');
  const few = { ...data, train: balancedSubset(data.train, 100, 1), val: undefined, test: undefined };
  const network = { name: 'resnext_cifar', options: { layers: [1, 1, 1], cardinality: 4, planes: 8 } };
  const out = join(folder, 'run');
  const backend = await createBackend({ blas: false });
  await trainOn(few, network, { epochs: 1, batchSize: 25, out, backend });
  await backend.dispose();
  return join(out, 'last.safetensors');
}

async function answerOfNode(checkpoint: string): Promise<string> {
  await using classifier = await loadClassifier(checkpoint);
  const best = await classifier.classify(photo, { topK: 3 });
  return best.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join('\n');
}

/** The text of an element of the page, when it is none of those. */
function textAfter({ id, before }: { id: string; before: readonly string[] }): Promise<string> {
  const { document, MutationObserver } = globalThis as unknown as PageGlobals;
  return new Promise((resolve) => {
    const look = (): void => {
      const text = document.getElementById(id)?.textContent ?? '';
      if (!before.includes(text)) resolve(text);
    };
    new MutationObserver(look).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    look();
  });
}

/** What `textAfter` uses of a page. */
interface PageGlobals {
  readonly document: {
    readonly body: unknown;
    getElementById(id: string): { readonly textContent: string } | null;
  };
  readonly MutationObserver: new (look: () => void) => { observe(node: unknown, options: object): void };
}

describe.each(browsers)('in %s', (kind) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test.each(built)('the page of %s says of a photo what Node says', async (example) => {
    const page = await browser.newPage();
    await page.goto(`${origins.get(example) ?? ''}/`);
    const known = await page.evaluate(textAfter, { id: 'answer', before: ['loading', ''] });
    expect(known, page.console.join('\n')).toMatch(/^knows T-shirt\/top, Trouser, /);
    const engine = await page.evaluate(textAfter, { id: 'engine', before: [''] });
    expect(engine).toMatch(
      example === 'CDN'
        ? /^WebAssembly with .*SIMD, 1 thread, because this page is not cross-origin isolated/
        : /^WebAssembly with .*SIMD, \d+ threads?$/,
    );
    await page.setFiles('input', [photo]);
    expect(await page.evaluate(textAfter, { id: 'answer', before: [known] })).toBe(expected);
    expect(page.console.filter((line) => /^(error|warn|uncaught)/.test(line))).toEqual([]);
    await page.close();
  });
});
