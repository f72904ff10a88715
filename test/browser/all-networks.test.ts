import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, createModel, listModels } from '../../src/index.ts';
import {
  createBackend,
  loadClassifier,
  openData,
  trainOn,
  type Classification,
} from '../../src/node/index.ts';
import { temporaryFolder } from '../node/data/support/sources.ts';
import type { AllNetworksCalls } from './support/all-networks-page.ts';
import {
  lineage,
  options,
  recipeWith,
  trainings,
  weightsOf,
  type LineageName,
  type TrainingName,
} from './support/all-networks.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { madeUpPictures } from './support/made-up-pictures.ts';
import { servePages, type ServeOptions, type TestServer } from './support/pages.ts';
import { smallNetwork } from './support/small-networks.ts';
import { dist } from './support/tool-pages.ts';

/** Networks after ResNeXt in a page: the complete scripts take over, to the bits of Node. */
const { path: root, remove } = temporaryFolder();
const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const families = Object.keys(lineage) as LineageName[];
const names = Object.keys(trainings) as TrainingName[];
const resumed = { ...options, imageSize: 16, recipe: recipeWith('rmsprop') };

/** What Node makes of the picture, by family. */
const tops: Classification[][] = [];
/** Hashes of weights that Node trained, by how its products and sums are rounded. */
const hashes: Record<'fused' | 'separate', Record<string, string>> = { fused: {}, separate: {} };
let resumedHash: string;
let logits: readonly number[];
/** What copies of a picture are said to show. */
const tasks = {
  labels: labelsOf((n) => (n % 3 === 0 ? [] : n % 2 === 0 ? ['cat'] : ['cat', 'dog'])),
  numbers: labelsOf((n) => 2000 + n),
};
const taskHashes: Record<string, string> = {};
let labelled: Classification[];
const files: Record<string, string | Uint8Array> = { '/': html };
let page: string;

beforeAll(async () => {
  if (browsers.length === 0) return;
  page = await bundlePage('test/browser/support/all-networks-page.ts');
  const pixels = Uint8Array.from({ length: 3 * 40 * 40 }, (_, at) => (at * 7919) % 251);
  const picture = await sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } })
    .png()
    .toBuffer();
  Object.assign(files, { '/page.js': page, '/picture.png': picture });
  for (const family of families) {
    const out = join(root, family);
    await trainOn(madeUpPictures(), lineage[family], { ...options, out, blas: false, report: false });
    const weights = join(out, 'best.safetensors');
    files[`/${family}.safetensors`] = await readFile(weights);
    await using classifier = await loadClassifier(weights, { blas: false });
    tops.push(await classifier.classify(picture, { topK: 3 }));
  }
  for (const kernels of ['simd', 'relaxed'] as const) {
    const backend = await createBackend({ kernels, threads: 1, blas: false });
    const found = hashes[kernels === 'simd' ? 'separate' : 'fused'];
    for (const name of names) {
      const { model, given } = trainings[name];
      const network = typeof model === 'function' ? model() : model;
      found[name] = hashOf((await trainOn(madeUpPictures(), network, { ...given, backend })).model);
    }
    if (kernels === 'simd') {
      await backend.dispose();
      continue;
    }
    resumedHash = hashOf((await trainOn(madeUpPictures(), smallNetwork, { ...resumed, backend })).model);
    const copies = join(root, 'copies');
    await mkdir(join(copies, 'all'), { recursive: true });
    for (const name of Object.keys(tasks.labels)) await writeFile(join(copies, name), picture);
    for (const [task, labels] of Object.entries(tasks)) {
      const data = await openData(copies, { labels, valFraction: 0 });
      const out = join(root, task);
      const trained = await trainOn(data, smallNetwork, { ...options, out, backend, report: false });
      taskHashes[task] = hashOf(trained.model);
      files[`/${task}.safetensors`] = await readFile(join(out, 'best.safetensors'));
    }
    await using classifier = await loadClassifier(join(root, 'labels/best.safetensors'), { blas: false });
    labelled = await classifier.classify(picture, { topK: 3 });
    const { name, options: narrow } = lineage.mobilenet;
    const input = Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => Math.sin(at));
    const compiled = await compile(createModel(name, narrow), { input: [1, 3, 32, 32], backend });
    logits = [...(await compiled.forward(input)).data];
    await backend.dispose();
  }
});
afterAll(remove);

function labelsOf<T>(label: (n: number) => T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`all/${n + 10}.png`, label(n)]));
}

function hashOf(model: Parameters<typeof weightsOf>[0]): string {
  return createHash('sha256').update(weightsOf(model)).digest('hex');
}

describe.each(browsers)('in %s', (kind) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  async function opened(
    given: ServeOptions,
  ): Promise<{ server: TestServer; page: TestPage; call: ReturnType<typeof caller> }> {
    const server = await servePages({ ...given, files, folders: { '/dist': dist } });
    const fresh = await browser.newPage();
    await fresh.goto(`${server.origin}/`);
    return { server, page: fresh, call: caller(fresh) };
  }

  function caller(on: TestPage) {
    return async <Name extends keyof AllNetworksCalls>(
      called: Name,
      value: Parameters<AllNetworksCalls[Name]>[0],
    ): Promise<Awaited<ReturnType<AllNetworksCalls[Name]>>> => {
      const { result, error } = await on.evaluate(
        async ({ called, value }: { called: string; value: unknown }) => {
          try {
            const work = (globalThis as unknown as Record<string, (given: unknown) => unknown>)[called];
            return { result: await work(value), error: undefined };
          } catch (error) {
            return { result: undefined, error: String(error) };
          }
        },
        { called, value },
      );
      if (error !== undefined) throw new Error(`${error}\n${on.console.join('\n')}`);
      return result as Awaited<ReturnType<AllNetworksCalls[Name]>>;
    };
  }

  const urls = families.map((family) => `/${family}.safetensors`);

  test('checkpoints of four families are classified as in Node, and fetched once', async () => {
    const { server, page, call } = await opened({ isolated: true });
    const answers = await call('classify', { urls, threads: 2 });
    expect(answers.map(({ top }) => top)).toEqual(tops);
    for (const { about } of answers) {
      expect(about).toBe('WebAssembly with relaxed SIMD for all networks, 2 threads (fused multiply–adds)');
    }
    for (const url of urls) expect(server.requests.filter((path) => path === url)).toHaveLength(1);
    expect(server.requests).toContain('/dist/web/engine.js');
    expect(server.requests).not.toContain('/dist/web/training-all.js');
    await page.close();
    await server.close();
  });

  test('labels and numbers are learned to the bits of Node, and labels answered as there', async () => {
    const { server, page, call } = await opened({ isolated: true });
    for (const [task, labels] of Object.entries(tasks)) {
      expect(await call('label', { ...options, labels }), task).toBe(taskHashes[task]);
    }
    const [answer] = await call('classify', { urls: ['/labels.safetensors'], threads: 1 });
    expect(answer.top).toEqual(labelled);
    expect(answer.about).toContain('for all networks');
    await expect(call('classify', { urls: ['/numbers.safetensors'], threads: 1 })).rejects.toThrow(
      /numbers\.safetensors predicts numbers, which no page answers: use it in Node/,
    );
    await page.close();
    await server.close();
  });

  test('a name tells at once; a strict policy and a page of one thread do', async () => {
    const csp =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
    const { server, page, call } = await opened({ csp });
    const [{ top, about }] = await call('classify', { urls: [urls[0]], model: lineage.mobilenet.name });
    expect(top).toEqual(tops[0]);
    expect(about).toMatch(/^WebAssembly with relaxed SIMD for all networks, 1 thread /);
    expect(server.requests).not.toContain('/dist/web/engine.js');
    expect(server.requests).toContain('/dist/kernels/kernels-full-relaxed.wasm');
    await page.close();
    await server.close();
  });

  test('training comes to the bits of Node', async () => {
    const { server, page, call } = await opened({ isolated: true });
    for (const kernels of ['simd', 'relaxed'] as const) {
      for (const threads of [1, 2]) {
        const { about, multiplyAdd, hashes: found } = await call('train', { names, kernels, threads });
        expect(about).toContain('for all networks');
        expect(found, `${kernels} on ${threads}`).toEqual(
          hashes[multiplyAdd === 'fused' ? 'fused' : 'separate'],
        );
      }
    }
    await page.close();
    await server.close();
  });

  test('what a run goes on with is told by its folder alone', async () => {
    const { server, page, call } = await opened({ isolated: true });
    const given = { ...resumed, out: `opfs:runs/${kind}-rmsprop` };
    const { reason, hash, warnings } = await call('resume', { given, stopAt: 2 });
    expect(reason).toBe('finished');
    expect(hash).toBe(resumedHash);
    expect(new Set(warnings).size).toBe(warnings.length);
    await page.close();
    await server.close();
  });

  test('a backend has both scripts where both are at work', async () => {
    const { server, page, call } = await opened({ isolated: true });
    const small = 'WebAssembly with relaxed SIMD, 1 thread (fused multiply–adds)';
    const all = 'WebAssembly with relaxed SIMD for all networks, 1 thread (fused multiply–adds)';
    for (const training of [true, false]) {
      const found = await call('share', training);
      expect(found).toEqual({
        ...{ abouts: [small, all], isSame: true, logits },
        gone: 'DisposedError: the backend was disposed of; create another to use it',
      });
    }
    expect(await call('begin', undefined)).toEqual({ about: all, names: listModels() });
    await page.close();
    await server.close();
  });
});
