import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createModel, type Preprocessing } from '../../../src/index.ts';
import { control } from '../../../src/backends/wasm/control.ts';
import { loadClassifier, type Classification } from '../../../src/node/index.ts';
import { writeSafetensors } from '../../../src/weights/index.ts';
import type { TestBrowser, TestPage } from './browsers.ts';
import { bundlePage } from './bundle.ts';
import { servePages, type ServeOptions, type TestServer } from './pages.ts';

export const dist = fileURLToPath(new URL('../../../dist', import.meta.url));
export const classes = Array.from({ length: 10 }, (_, label) => `class ${label}`);
const preprocessing: Preprocessing = {
  ...{ channels: 3, size: [32, 32], resize: null, interpolation: 'bilinear' },
  ...{ mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] },
};
/** What the weights do not say. */
export const known = { model: 'resnet20_cifar', preprocessing, classes };

export const html = '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>';

/** What pages with the tools of `engine-page.ts` load. */
export interface Loaded {
  /** By path. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly weights: Uint8Array;
  readonly picture: Uint8Array;
  /** What Node makes of the picture. */
  readonly top: readonly Classification[];
}

let loaded: Promise<Loaded> | undefined;

/** The same for all tests of a process. */
export function load(): Promise<Loaded> {
  return (loaded ??= make());
}

async function make(): Promise<Loaded> {
  const weights = await writeSafetensors(createModel('resnet20_cifar').stateDict(), {});
  const side = 48;
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at * 7919) % 251);
  const picture = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-engine-'));
  const file = join(folder, 'weights.safetensors');
  await writeFile(file, weights);
  await using classifier = await loadClassifier(file, { ...known, blas: false });
  const top = await classifier.classify(picture, { topK: 3 });
  await rm(folder, { recursive: true });
  const files = {
    '/index.html': html,
    '/main.js': await bundlePage('test/browser/engine-page.ts'),
    '/weights.safetensors': weights,
    '/picture.png': picture,
    '/dying/web/worker.js': dying + (await readFile(join(dist, 'web/worker.js'), 'utf8')),
  };
  return { files, weights, picture, top };
}

/** A thread that ends at its tenth barrier: nothing of it reaches the others any more. */
const dying = `{
  const { add } = Atomics;
  let left = 10;
  Atomics.add = (words, index, more) => {
    if (index !== ${control.arrived} || --left > 0) return add(words, index, more);
    close();
    const gone = () => { throw new Error('gone'); };
    for (const name of ['add', 'load', 'notify', 'store']) Atomics[name] = gone;
    return gone();
  };
}
`;

/** Pages with the tools, and their servers. */
export class ToolPages {
  readonly #browser: TestBrowser;
  readonly #files: Loaded['files'];
  readonly #servers: TestServer[] = [];

  constructor(browser: TestBrowser, files: Loaded['files']) {
    this.#browser = browser;
    this.#files = files;
  }

  async serve({ files, folders, ...options }: ServeOptions = {}): Promise<TestServer> {
    const server = await servePages({
      ...options,
      files: { ...this.#files, ...files },
      folders: { '/dist': dist, '/dying': dist, '/hub': dist, ...folders },
    });
    this.#servers.push(server);
    return server;
  }

  async open(options: ServeOptions = {}): Promise<{ page: TestPage; server: TestServer }> {
    const server = await this.serve(options);
    const page = await this.#browser.newPage();
    await page.goto(`${server.origin}/index.html`);
    return { page, server };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}
