import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel, type Preprocessing } from '../../src/index.ts';
import { loadClassifier as loadInNode } from '../../src/node/index.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import sharp from 'sharp';
import type { Tools } from './engine-page.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { servePages, type ServeOptions, type TestServer } from './support/pages.ts';

/** In the page. */
declare const tools: Tools;

const root = fileURLToPath(new URL('../..', import.meta.url));
const classes = Array.from({ length: 10 }, (_, label) => `class ${label}`);
const preprocessing: Preprocessing = {
  ...{ channels: 3, size: [32, 32], resize: null, interpolation: 'bilinear' },
  ...{ mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] },
};
const known = { model: 'resnet20_cifar', preprocessing, classes };

let program: string;
let weights: Uint8Array;
let picture: Buffer;
/** What Node makes of the picture. */
let top: unknown;

beforeAll(async () => {
  program = await bundlePage('test/browser/engine-page.ts');
  weights = await writeSafetensors(createModel('resnet20_cifar').stateDict(), {});
  const side = 48;
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at * 7919) % 251);
  picture = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).png().toBuffer();
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-engine-'));
  const file = join(folder, 'weights.safetensors');
  await writeFile(file, weights);
  await using classifier = await loadInNode(file, { ...known, blas: false });
  top = await classifier.classify(picture, { topK: 3 });
  await rm(folder, { recursive: true });
});

const html = '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>';

describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  const servers: TestServer[] = [];
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  async function serveTools(options: ServeOptions = {}): Promise<TestServer> {
    const server = await servePages({
      ...options,
      files: {
        ...{ '/index.html': html, '/main.js': program, '/weights.safetensors': weights, '/picture.png': picture },
        ...options.files,
      },
      folders: { '/dist': join(root, 'dist'), ...options.folders },
    });
    servers.push(server);
    return server;
  }

  async function openTools(options: ServeOptions = {}): Promise<{ page: TestPage; server: TestServer }> {
    const server = await serveTools(options);
    const page = await browser.newPage();
    await page.goto(`${server.origin}/index.html`);
    return { page, server };
  }

  describe('an isolated page', () => {
    let page: TestPage;
    beforeAll(async () => {
      ({ page } = await openTools({ isolated: true }));
    });
    afterAll(() => page.close());

    test('has threads, says so, and is not kept from anything while a network is trained', async () => {
      const found = await page.evaluate(async () => {
        const { createBackend, createModel, longestGap, nn, planTraining } = tools;
        const backend = await createBackend({ base: '/dist', threads: 2 });
        const network = createModel('resnet20_cifar');
        const plan = planTraining(nn.trace(network, [32, 3, 32, 32], { training: true }), backend, { name: 'net', optimizer: { kind: 'sgd', momentum: true, nesterov: false } });
        const program = await backend.load(plan);
        const pictures = Float32Array.from({ length: 32 * 3072 }, (_, at) => Math.sin(at));
        const { gap } = await longestGap(async () => {
          for (let step = 0; step < 5; step++) {
            program.write('input', pictures);
            await program.run('gradient');
          }
        });
        const [loss] = await program.read('loss');
        const { about, description } = backend;
        await backend.dispose();
        const after = await tools.attempt(() => program.read('loss'));
        return { about, description, gap, loss, after };
      }, undefined);
      expect(found).toEqual({
        about: 'WebAssembly with relaxed SIMD, 2 threads (fused multiply–adds)',
        description: '2 threads, WebAssembly relaxed',
        gap: expect.any(Number) as number,
        loss: expect.any(Number) as number,
        after: expect.stringMatching(/^DisposedError: /) as string,
      });
      expect(found.gap).toBeLessThan(50);
    });

    test('classifies whatever shows a picture as Node does, and takes nothing away', async () => {
      const found = await page.evaluate(async ({ known }) => {
        const { loadClassifier, attempt } = tools;
        const progress: unknown[] = [];
        const classifier = await loadClassifier('/weights.safetensors', {
          ...{ ...known, base: '/dist', threads: 1 },
          onProgress: (told) => progress.push(told),
        });
        const blob = await (await fetch('/picture.png')).blob();
        const bytes = new Uint8Array(await blob.arrayBuffer());
        const bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(48, 48);
        const context = canvas.getContext('2d');
        context?.drawImage(bitmap, 0, 0);
        const imageData = context?.getImageData(0, 0, 48, 48);
        const image = await tools.shownImage('/picture.png');
        const frame = new VideoFrame(canvas, { timestamp: 0 });
        const images = {
          ...{ blob, file: new File([blob], 'a.png'), bytes, buffer: bytes.slice().buffer, bitmap, canvas, imageData },
          ...{ image, frame, url: '/picture.png', stream: new Response(blob).body },
        };
        const tops: Record<string, unknown> = {};
        for (const [name, one] of Object.entries(images)) {
          tops[name] = await attempt(() => classifier.classify(one as never, { topK: 3 }));
        }
        const many = await classifier.classifyMany([blob, bytes], { topK: 3 });
        const each: unknown[] = [];
        for await (const { index, top, error } of classifier.classifyEach([blob, new Blob(['none']), bitmap], { topK: 3 }))
          each.push([index, top ?? error.message]);
        const kept = [bytes.length, bitmap.width, frame.codedWidth, imageData?.data.length];
        frame.close();
        const { classes, about } = classifier;
        const faults = [
          await attempt(() => classifier.classify(3 as never)),
          await attempt(() => classifier.classify([blob] as never)),
          await attempt(() => classifier.classify('/none.png')),
          await attempt(() => classifier.classify(blob, { topk: 1 } as never)),
          await attempt(() => classifier.classifyMany(blob as never)),
          await attempt(() => classifier.classify({ data: bytes, width: 1, height: 1, channels: 4 } as never)),
        ];
        await classifier.dispose();
        const after = await attempt(() => classifier.classify(blob));
        return { tops, many, each, kept, classes, about, faults, after, progress };
      }, { known });
      for (const [name, answer] of Object.entries(found.tops)) expect([name, answer]).toEqual([name, top]);
      expect(Object.keys(found.tops)).toHaveLength(11);
      expect(found.many).toEqual([top, top]);
      expect(found.each).toEqual([
        [0, top],
        [1, expect.stringMatching(/^cannot read the picture: not a picture of a known format/)],
        [2, top],
      ]);
      expect(found.kept).toEqual([picture.length, 48, 48, 4 * 48 * 48]);
      expect(found.classes).toEqual(classes);
      expect(found.about).toContain('1 thread');
      expect(found.faults).toEqual([
        expect.stringMatching(/^CardinalError: cannot read the picture: expected a File .*, got 3$/),
        expect.stringMatching(/^CardinalError: .*; classifyMany takes several$/),
        expect.stringMatching(/^CardinalError: .*\/none.png, .* 404/),
        expect.stringMatching(/^UsageError: classify: unknown option topk; did you mean topK\?/),
        expect.stringMatching(/^CardinalError: cannot read the pictures: expected a list of them, got one/),
        expect.stringMatching(/^CardinalError: the raw pixels: channels: expected 1 \(grey\) or 3/),
      ]);
      expect(found.after).toMatch(/^DisposedError: the classifier of resnet20_cifar was disposed of/);
      expect(found.progress.at(-1)).toEqual({ received: weights.length, total: weights.length });
    });

    test('a classifier that is disposed of, and one whose worker is ended, answer all that waited', async () => {
      const found = await page.evaluate(async ({ known }) => {
        const { attempt, loadClassifier, workers } = tools;
        const blob = await (await fetch('/picture.png')).blob();
        const open = () => loadClassifier('/weights.safetensors', { ...known, base: '/dist', threads: 2 });
        const ask = async (count: number, classifier: Awaited<ReturnType<typeof open>>) =>
          Promise.all(
            Array.from({ length: count }, () => attempt(async () => (await classifier.classify(blob)).length)),
          );
        const cut = await open();
        const cutAnswers = ask(20, cut);
        await cut.dispose();
        const drained = await open();
        const drainedAnswers = ask(20, drained);
        await drained.dispose({ drain: true });
        const killed = await open();
        const killedAnswers = ask(20, killed);
        workers.at(-1)?.terminate();
        const all = [await cutAnswers, await drainedAnswers, await killedAnswers];
        const after = await attempt(() => killed.classify(blob));
        await killed.dispose();
        return { all: all.map((answers) => [...new Set(answers)]), after };
      }, { known });
      const [cut, drained, killed] = found.all;
      expect(cut.filter((answer) => answer !== 1)).toEqual([
        expect.stringMatching(/^DisposedError: the classifier of resnet20_cifar was disposed of/),
      ]);
      expect(drained).toEqual([1]);
      expect(killed).toContainEqual(expect.stringMatching(/^DeviceLostError: the engine was lost: its worker ended/));
      expect(found.after).toMatch(/^DeviceLostError: the engine was lost/);
    });

    test('weights of 300 MB are given up as soon as the page says so, and the page is free meanwhile', async () => {
      let sent = 0;
      let closed = false;
      const slow = createServer((_, response) => {
        response.writeHead(200, {
          'Content-Length': 300e6,
          ...{ 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/octet-stream' },
        });
        const part = Buffer.alloc(2 ** 20);
        const write = (): void => {
          while (!closed && response.write(part)) sent += part.length;
        };
        response.on('drain', write).on('close', () => {
          closed = true;
        });
        write();
      });
      await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
      const { port } = slow.address() as AddressInfo;
      try {
        const found = await page.evaluate(async ({ url, known }) => {
          const controller = new AbortController();
          const told: number[] = [];
          const { gap, result } = await tools.longestGap(() =>
            tools.attempt(() =>
              tools.loadClassifier(url, {
                ...{ ...known, base: '/dist', signal: controller.signal },
                onProgress: ({ received, total }) => {
                  told.push(received);
                  if (received > 20e6) controller.abort(new RangeError(`enough of ${total}`));
                },
              }),
            ),
          );
          return { gap, result, ascending: told.every((at, index) => index === 0 || at > told[index - 1]) };
        }, { url: `http://127.0.0.1:${port}/weights`, known });
        expect(found.result).toBe('RangeError: enough of 300000000');
        expect(found.ascending).toBe(true);
        expect(found.gap).toBeLessThan(50);
        expect(sent).toBeLessThan(300e6);
      } finally {
        slow.closeAllConnections();
        slow.close();
      }
    });
  });

  test('a page that is not isolated has one thread, and says why', async () => {
    const { page } = await openTools();
    const found = await page.evaluate(async ({ known }) => {
      const classifier = await tools.loadClassifier('/weights.safetensors', { ...known, base: '/dist' });
      const top = await classifier.classify('/picture.png', { topK: 3 });
      const { about } = classifier;
      await classifier.dispose();
      const refused = await tools.attempt(() => tools.createBackend({ base: '/dist', threads: 2 }));
      return { about, top, refused };
    }, { known });
    const reason =
      'because this page is not cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp (or credentialless), or register cardinal-nn/isolate';
    expect(found.about).toBe(`WebAssembly with relaxed SIMD, 1 thread (fused multiply–adds), ${reason}`);
    expect(found.top).toEqual(top);
    expect(found.refused).toBe(`CardinalError: 2 threads cannot share memory, ${reason}`);
    await page.close();
  });
});
