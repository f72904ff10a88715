import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
import { blocksOf } from '../docs/blocks.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
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
let cats: readonly string[] = [];
let dogs: readonly string[] = [];
/** Origins of the pages, by example. */
const origins = new Map<string, string>();
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
  const fromCdn = async (example: string): Promise<string> => {
    const page = await readFile(join(root, 'examples/web', example, 'index.html'), 'utf8');
    const published = `https://cdn.jsdelivr.net/npm/cardinal-nn@${packed.version}`;
    expect(page).toContain(published);
    return page.replace(published, cdn.origin);
  };
  // As a static host serves it: no headers, and so one thread.
  await serve('CDN', checkpoint, undefined, { files: { '/': await fromCdn('cdn') } });
  await serve('two boxes', checkpoint, undefined, {
    isolated: true,
    files: { '/': await fromCdn('two-boxes') },
  });
  cats = await photosOf('cats', { r: 220, g: 130, b: 40 });
  dogs = await photosOf('dogs', { r: 50, g: 70, b: 190 });

  await serveReadme(checkpoint);

  // Files of the public folder are served at the root.
  await mkdir(join(vite, 'public'));
  await cp(checkpoint, join(vite, 'public/demo.safetensors'));
  await writeFile(join(vite, 'public/favicon.ico'), '');
  const server = await createServer({
    root: vite,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
  });
  open.push(server);
  await server.listen();
  origins.set('Vite while developing', (server.resolvedUrls?.local[0] ?? '').replace(/\/$/, ''));
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  if (browsers.length === 0) return;
  await packed.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Ten photos of a colour, some lighter than others. */
async function photosOf(box: string, color: { r: number; g: number; b: number }): Promise<string[]> {
  const create = { width: 40, height: 30, channels: 3, background: color } as const;
  await mkdir(join(folder, box));
  return Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const path = join(folder, box, `${index}.jpg`);
      await sharp({ create })
        .linear(0.8 + 0.03 * index)
        .jpeg()
        .toFile(path);
      return path;
    }),
  );
}

/** What a browser asks any server for. */
const icon = { '/favicon.ico': '' };

/** Serves a page with its checkpoint. */
async function serve(
  example: string,
  checkpoint: string,
  pages: string | undefined,
  options: ServeOptions = { isolated: true },
): Promise<void> {
  const index = pages === undefined ? {} : { '/': await readFile(join(pages, 'index.html'), 'utf8') };
  const server = await servePages({
    ...options,
    files: { ...index, ...options.files, ...icon, '/demo.safetensors': await readFile(checkpoint) },
    folders: pages === undefined ? {} : { '': pages },
  });
  open.push(server);
  origins.set(example, server.origin);
}

/** A page with the program of README's section, which it runs when it is imported. */
async function serveReadme(checkpoint: string): Promise<void> {
  const programs = blocksOf('README.md').filter(
    ({ kind, text }) => kind === 'ts' && text.includes("'cardinal-nn/web'"),
  );
  expect(programs).toHaveLength(1);
  const input = (id: string) => `<input type="file" id="${id}" multiple>`;
  const begin = `<script type="module">globalThis.begin = () => import('/dist/src/web/readme.js')</script>`;
  const server = await servePages({
    isolated: true,
    files: {
      '/': `<!doctype html><link rel="icon" href="data:,">${['photos', 'cats', 'dogs'].map(input).join('')}${begin}`,
      // Where the package has its modules, so that it finds its files.
      '/dist/src/web/readme.js': await bundlePage({ source: programs[0].text }),
      '/models/demo.safetensors': await readFile(checkpoint),
    },
    folders: { '': packed.folder },
  });
  open.push(server);
  origins.set('README', server.origin);
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
  return best.map(({ class: name, probability }) => `${name} ${(100 * probability).toFixed(1)} %`).join('\n');
}

/** The text of an element of the page, when it is none of those. */
function textAfter({ id, before }: { id: string; before: readonly string[] }): Promise<string> {
  const { document, MutationObserver } = globalThis as unknown as PageGlobals;
  return new Promise((resolve) => {
    const look = (): void => {
      const text = document.querySelector(`#${id}`)?.textContent ?? '';
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

/** What is used of a page. */
interface PageGlobals {
  readonly document: {
    readonly body: unknown;
    readonly activeElement: PageElement | null;
    querySelector(selector: string): PageElement | null;
    querySelectorAll(selector: string): ArrayLike<PageElement>;
  };
  readonly DataTransfer: new () => { readonly items: { add(file: File): void } };
  readonly DragEvent: new (type: string, init: object) => Event;
  readonly MutationObserver: new (look: () => void) => { observe(node: unknown, options: object): void };
}

interface PageElement {
  readonly tagName: string;
  readonly id: string;
  /** Of what a form has. */
  readonly labels?: ArrayLike<PageElement>;
  readonly textContent: string;
  readonly className: string;
  readonly disabled: boolean;
  click(): void;
  dispatchEvent(event: Event): boolean;
  querySelector(selector: string): PageElement | null;
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
    const alone = /^WebAssembly with relaxed SIMD, 1 thread \(fused .*\), because .*isolated/;
    expect(engine).toMatch(
      example === 'CDN' ? alone : /^WebAssembly with relaxed SIMD, \d+ threads? \(fused/,
    );
    await page.setFiles('input', [photo]);
    expect(await page.evaluate(textAfter, { id: 'answer', before: [known] })).toBe(expected);
    expect(page.console.filter((line) => /^(error|warn|uncaught)/.test(line))).toEqual([]);
    await page.close();
  });

  test('the program of README does what it says', async () => {
    const page = await browser.newPage();
    await page.goto(`${origins.get('README') ?? ''}/`);
    await page.setFiles('#photos', [photo]);
    await page.setFiles('#cats', cats);
    await page.setFiles('#dogs', dogs);
    const kept = await page.evaluate(async () => {
      await (globalThis as unknown as { begin(): Promise<unknown> }).begin();
      const names: string[] = [];
      const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
      for await (const name of (await runs.getDirectoryHandle('pets')).keys()) names.push(name);
      return names;
    }, undefined);
    expect(kept).toEqual(
      expect.arrayContaining(['best.safetensors', 'last.safetensors', 'config.json', 'metrics.jsonl']),
    );
    // What it classified, and the events of its training.
    expect(page.console.length).toBeGreaterThan(10);
    expect(page.console.filter((line) => !line.startsWith('log: '))).toEqual([]);
    await page.close();
  });

  test('two boxes of photos are told apart after training', async () => {
    const page = await browser.newPage();
    await page.goto(`${origins.get('two boxes') ?? ''}/`);
    expect(await stopsOf(page, 5)).toEqual([
      ...['This box holds', 'Drop photos here, or choose:', 'This box holds', 'Drop photos here, or choose:'],
      'Train',
    ]);
    expect(await page.evaluate(announced, undefined)).toEqual(['DIV', 'DIV', 'OUTPUT', 'P#answer']);
    await page.setFiles('fieldset:nth-of-type(1) [type=file]', cats.slice(0, -1));
    const contents = dogs.slice(0, -1).map((path) => readFile(path, 'base64'));
    expect(await page.evaluate(drop, await Promise.all(contents))).toEqual([true, '9 photos', true]);
    const said = await page.evaluate(trainInPage, undefined);
    expect(said, page.console.join('\n')).toMatch(/^round 20: \d+ % right$/);
    await page.setFiles('section [type=file]', cats.slice(-1));
    const cat = await page.evaluate(textAfter, { id: 'answer', before: [''] });
    expect(cat).toMatch(/^cats \(\d+ %\)$/);
    await page.setFiles('section [type=file]', dogs.slice(-1));
    const dog = await page.evaluate(textAfter, { id: 'answer', before: [cat] });
    expect(dog).toMatch(/^dogs \(\d+ %\)$/);
    if (kind === 'chromium') {
      // Its camera shows a green picture with a clock.
      await page.evaluate(useCamera, undefined);
      const seen = await page.evaluate(textAfter, { id: 'answer', before: [dog] });
      expect(seen).toMatch(/^(cats|dogs) \(\d+ %\)$/);
    }
    expect(page.console.filter((line) => /^(error|warn|uncaught)/.test(line))).toEqual([]);
    await page.close();
  });
});

/**
 * Drops photos into the second box, and one beside the boxes. Says whether the box showed that it would take them, what it holds
 * then, and whether the other was kept from replacing the page.
 */
function drop(photos: readonly string[]): readonly [boolean, string, boolean] {
  const { document, DataTransfer, DragEvent } = globalThis as unknown as PageGlobals;
  const box = document.querySelector('fieldset + fieldset');
  const dataTransfer = new DataTransfer();
  for (const [index, photo] of photos.entries()) {
    const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], `${index}.jpg`, { type: 'image/jpeg' }));
  }
  const event = (type: string): Event =>
    new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
  const isTaken = box?.dispatchEvent(event('dragover')) === false;
  const shown = [box?.className];
  box?.dispatchEvent(event('drop'));
  shown.push(box?.className);
  const isKept = document.querySelector('h1')?.dispatchEvent(event('drop')) === false;
  return [isTaken && shown.join() === 'over,', box?.querySelector('div')?.textContent ?? '', isKept];
}

/** What the tabulator key comes to, by its label or its text. */
async function stopsOf(page: TestPage, count: number): Promise<string[]> {
  const keyboard = page.driver.playwright?.keyboard ?? page.driver.puppeteer?.keyboard;
  const stops: string[] = [];
  for (let stop = 0; stop < count; stop++) {
    await keyboard?.press('Tab');
    stops.push(await page.evaluate(focused, undefined));
  }
  return stops;
}

function focused(): string {
  const { document } = globalThis as unknown as PageGlobals;
  const { labels, textContent } = document.activeElement ?? {};
  return (labels?.[0]?.textContent ?? textContent ?? '').trim();
}

/** What a screen reader says when it changes. */
function announced(): string[] {
  const { document } = globalThis as unknown as PageGlobals;
  const found = document.querySelectorAll('[role=status], output');
  return Array.from(found, ({ tagName, id }) => (id === '' ? tagName : `${tagName}#${id}`));
}

/** Presses the button that trains, and gives what the page says when it can be pressed again. */
function trainInPage(): Promise<string> {
  const { document, MutationObserver } = globalThis as unknown as PageGlobals;
  const button = document.querySelector('form button');
  return new Promise((resolve) => {
    button?.click();
    new MutationObserver(() => {
      if (button?.disabled === false) resolve(document.querySelector('output')?.textContent ?? '');
    }).observe(button, { attributes: true });
  });
}

function useCamera(): void {
  const { document } = globalThis as unknown as PageGlobals;
  document.querySelector('section button')?.click();
}
