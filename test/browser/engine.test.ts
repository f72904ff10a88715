import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel, type Preprocessing } from '../../src/index.ts';
import { VERSION } from '../../src/base/version.ts';
import { loadClassifier as loadInNode, type Classification } from '../../src/node/index.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
let top: Classification[];

beforeAll(async () => {
  program = await bundlePage('test/browser/engine-page.ts');
  weights = await writeSafetensors(createModel('resnet20_cifar').stateDict(), {});
  const side = 48;
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at * 7919) % 251);
  picture = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
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
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  async function serveTools(options: ServeOptions = {}): Promise<TestServer> {
    const server = await servePages({
      ...options,
      files: {
        ...{
          '/index.html': html,
          '/main.js': program,
          '/weights.safetensors': weights,
          '/picture.png': picture,
        },
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
        const plan = planTraining(nn.trace(network, [16, 3, 32, 32], { training: true }), backend, {
          name: 'net',
          optimizer: { kind: 'sgd', momentum: true, nesterov: false },
        });
        const program = await backend.load(plan);
        const pictures = Float32Array.from({ length: 16 * 3072 }, (_, at) => Math.sin(at));
        const gaps: number[] = [];
        for (let trial = 0; trial < 3 && !(Math.min(...gaps) < 50); trial++) {
          const { gap } = await longestGap(async () => {
            for (let step = 0; step < 2; step++) {
              program.write('input', pictures);
              await program.run('gradient');
            }
          });
          gaps.push(gap);
        }
        // Whatever else the machine does makes pauses as well, and seldom in each trial.
        const gap = Math.min(...gaps);
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
      const found = await page.evaluate(
        async ({ known }) => {
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
            ...{
              blob,
              file: new File([blob], 'a.png'),
              bytes,
              buffer: bytes.slice().buffer,
              bitmap,
              canvas,
              imageData,
            },
            ...{ image, frame, url: '/picture.png', stream: new Response(blob).body },
          };
          const tops: Record<string, unknown> = {};
          for (const [name, one] of Object.entries(images)) {
            tops[name] = await attempt(() => classifier.classify(one as never, { topK: 3 }));
          }
          const many = await classifier.classifyMany([blob, bytes], { topK: 3 });
          const each: unknown[] = [];
          for await (const { index, top, error } of classifier.classifyEach(
            [blob, new Blob(['none']), bitmap],
            { topK: 3 },
          ))
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
            await attempt(() =>
              classifier.classify({ data: bytes, width: 1, height: 1, channels: 4 } as never),
            ),
          ];
          await classifier.dispose();
          const after = await attempt(() => classifier.classify(blob));
          return { tops, many, each, kept, classes, about, faults, after, progress };
        },
        { known },
      );
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
      expect(found.progress.at(-1)).toMatchObject({ received: weights.length });
    });

    test("a network of the page's own is known to the worker by what it does", async () => {
      const found = await page.evaluate(
        async ({ known: { preprocessing, classes } }) => {
          const options = { preprocessing, classes, base: '/dist', threads: 1 };
          const model = tools.createModel('resnet20_cifar');
          const backend = await tools.createBackend({ base: '/dist', threads: 1 });
          const classifier = await tools.loadClassifier('/weights.safetensors', { ...options, model });
          const shared = await tools.loadClassifier('/weights.safetensors', {
            preprocessing,
            model,
            backend,
          });
          const tops = [
            await classifier.classify('/picture.png', { topK: 3 }),
            (await shared.classify('/picture.png', { topK: 3 })).map(({ label, probability }) => [
              label,
              probability,
            ]),
          ];
          await classifier.dispose();
          await shared.dispose();
          await backend.dispose();
          const other = await tools.attempt(() =>
            tools.loadClassifier('/weights.safetensors', { ...options, model: (() => 1) as never }),
          );
          return { tops, other };
        },
        { known },
      );
      expect(found.tops).toEqual([top, top.map(({ label, probability }) => [label, probability])]);
      expect(found.other).toMatch(/^UsageError: .*got a function/);
    });

    test('a classifier that is disposed of, and one whose worker is ended, answer all that waited', async () => {
      const found = await page.evaluate(
        async ({ known }) => {
          const { attempt, loadClassifier, workers } = tools;
          const blob = await (await fetch('/picture.png')).blob();
          const open = () => loadClassifier('/weights.safetensors', { ...known, base: '/dist', threads: 2 });
          const ask = async (count: number, classifier: Awaited<ReturnType<typeof open>>) =>
            Promise.all(
              Array.from({ length: count }, () =>
                attempt(async () => (await classifier.classify(blob)).length),
              ),
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
        },
        { known },
      );
      const [cut, drained, killed] = found.all;
      expect(cut.filter((answer) => answer !== 1)).toEqual([
        expect.stringMatching(/^DisposedError: the classifier of resnet20_cifar was disposed of/),
      ]);
      expect(drained).toEqual([1]);
      expect(killed).toContainEqual(
        expect.stringMatching(/^DeviceLostError: the engine was lost: its worker ended/),
      );
      expect(found.after).toMatch(/^DeviceLostError: the engine was lost/);
    });

    test('weights of 300 MB are given up as soon as the page says so', async () => {
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
        const found = await page.evaluate(
          async ({ url, known }) => {
            const controller = new AbortController();
            const told: number[] = [];
            const result = await tools.attempt(() =>
              tools.loadClassifier(url, {
                ...{ ...known, base: '/dist', signal: controller.signal },
                onProgress: ({ received, total }) => {
                  told.push(received);
                  if (received > 20e6) controller.abort(new RangeError(`enough of ${total}`));
                },
              }),
            );
            return { result, ascending: told.every((at, index) => index === 0 || at > told[index - 1]) };
          },
          { url: `http://127.0.0.1:${port}/weights`, known },
        );
        expect(found.result).toBe('RangeError: enough of 300000000');
        expect(found.ascending).toBe(true);
        expect(sent).toBeLessThan(300e6);
      } finally {
        slow.closeAllConnections();
        slow.close();
      }
    });
  });

  test('a page that is not isolated has one thread, and says why', async () => {
    const { page } = await openTools();
    const found = await page.evaluate(
      async ({ known }) => {
        const classifier = await tools.loadClassifier('/weights.safetensors', { ...known, base: '/dist' });
        const top = await classifier.classify('/picture.png', { topK: 3 });
        const { about } = classifier;
        await classifier.dispose();
        const refused = await tools.attempt(() => tools.createBackend({ base: '/dist', threads: 2 }));
        return { about, top, refused };
      },
      { known },
    );
    const reason =
      'because this page is not cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp (or credentialless), or register cardinal-nn/isolate';
    expect(found.about).toBe(`WebAssembly with relaxed SIMD, 1 thread (fused multiply–adds), ${reason}`);
    expect(found.top).toEqual(top);
    expect(found.refused).toBe(`CardinalError: 2 threads cannot share memory, ${reason}`);
    await page.close();
  });

  describe('what keeps an engine from starting is said in a line', () => {
    const begin = /^CardinalError: the engine cannot start: http:\/\/127\.0\.0\.1:\d+/;

    test('files that are missing, of another type or version, and no network', async () => {
      const engine = await readFile(join(root, 'dist/web/engine.js'), 'utf8');
      const { page, server } = await openTools({
        isolated: true,
        files: {
          '/threads/web/engine.js': engine,
          '/threads/kernels/kernels-relaxed.wasm': await readFile(
            join(root, 'dist/kernels/kernels-relaxed.wasm'),
          ),
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
            tools.attempt(
              async () => (await tools.createBackend({ base, training: false, threads: 2 })).about,
            ),
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
      const { page } = await openTools({ isolated: true, csp: written(policy) });
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
      expect(found).toEqual({ top, violations: [] });
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
      const { page } = await openTools({ isolated: true, csp: written({ ...policy, [directive]: sources }) });
      const found = await page.evaluate(
        () => tools.attempt(async () => (await tools.createBackend({ base: '/dist', threads: 1 })).about),
        undefined,
      );
      expect(found).toMatch(message);
      await page.close();
    });

    test('scripts of another origin start by way of a Blob, which a policy has to allow', async () => {
      const elsewhere = await serveTools({ headers: { 'Access-Control-Allow-Origin': '*' } });
      const base = `${elsewhere.origin}/dist/`;
      const start = async (csp: string | undefined) => {
        const { page } = await openTools({ isolated: true, ...(csp === undefined ? {} : { csp }) });
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
});
