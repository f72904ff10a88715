import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeHub } from '../support/fake-hub.ts';
import type { Tools } from './engine-page.ts';
import { browsers, openBrowser, type TestPage } from './support/browsers.ts';
import { classes, dist, known, load, ToolPages, type Loaded } from './support/tool-pages.ts';

/** In the page. */
declare const tools: Tools;

let hub: FakeHub;
/** The script that knows the hub, which is ours. */
let ofHub: string;
let files: Loaded['files'];
let weights: Uint8Array;
let picture: Uint8Array;
/** What Node makes of the picture. */
let top: Loaded['top'];
beforeAll(async () => {
  ({ files, weights, picture, top } = await load());
  hub = await FakeHub.start();
  hub.forPages = true;
  hub.files.set('model.safetensors', { bytes: weights, large: true });
  hub.files.set('other.safetensors', { bytes: weights.subarray(1), large: true });
  const script = await readFile(join(dist, 'web/weights.js'), 'utf8');
  ofHub = script.replace('https://huggingface.co', hub.endpoint);
});
afterAll(() => hub.stop());

describe.each(browsers)('a classifier in an isolated page of %s', (kind) => {
  let pages: ToolPages;
  let page: TestPage;
  beforeAll(async () => {
    pages = new ToolPages(await openBrowser(kind), { ...files, '/hub/web/weights.js': ofHub });
    ({ page } = await pages.open({ isolated: true }));
  });
  afterAll(() => pages.close());

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
          ...{ image, element: tools.shownCanvas(bitmap), frame },
          ...{ url: '/picture.png', stream: new Response(blob).body },
        };
        const tops: Record<string, unknown> = {};
        for (const [name, one] of Object.entries(images)) {
          tops[name] = await attempt(() => classifier.classify(one as never, { topK: 3 }));
        }
        const many = await classifier.classifyMany([blob, bytes], { topK: 3 });
        // Not its pixels, which become those of a video and back: what they are taken for.
        const grey = new ImageData(48, 48);
        grey.data.fill(128).forEach((_, at, data) => at % 4 === 3 && (data[at] = 255));
        const video = await tools.shownVideo('rgb(128 128 128)');
        const [shown, played] = await Promise.all([grey, video].map((one) => classifier.classify(one)));
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
        return { tops, shown, played, many, each, kept, classes, about, faults, after, progress };
      },
      { known },
    );
    for (const [name, answer] of Object.entries(found.tops)) expect([name, answer]).toEqual([name, top]);
    expect(Object.keys(found.tops)).toHaveLength(12);
    expect(found.played[0].label).toBe(found.shown[0].label);
    expect(found.played[0].probability).toBeCloseTo(found.shown[0].probability, 1);
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

  test('weights are a File, a Blob, bytes, a file that is kept, or of the hub, with the network and without', async () => {
    const load = (names: readonly string[]) =>
      page.evaluate(
        async ({ known, names }) => {
          const found: Record<string, unknown> = {};
          for (const name of names) found[name] = await tools.attempt(() => tools.classifyBy(name, known));
          return found;
        },
        { known, names },
      );
    const names = ['file', 'blob', 'bytes', 'buffer', 'opfs:kept.safetensors', 'hf:timm/net'];
    const answers = names.map((name) => {
      const received = name.startsWith('hf:') ? weights.length : 0;
      return [name, { top, received }];
    });
    expect(await load(names)).toEqual(Object.fromEntries(answers));

    const context = page.driver.playwright?.context();
    hub.behaviour = (_, response) => {
      response.destroy();
      return true;
    };
    await context?.setOffline(true);
    const offline = await load(['hf:timm/net', 'hf:timm/net/other.safetensors', '/weights.safetensors']);
    await context?.setOffline(false);
    hub.behaviour = () => false;
    const reason = kind === 'chromium' ? 'this device is offline' : 'no network, a Content-Security';
    expect(offline).toEqual({
      'hf:timm/net': { top, received: 0 },
      'hf:timm/net/other.safetensors': expect.stringMatching(
        new RegExp(
          `^CardinalError: hf:timm/net/other\\.safetensors was never downloaded here, and .* cannot be reached: ${reason}`,
        ),
      ) as string,
      '/weights.safetensors':
        kind === 'chromium'
          ? (expect.stringMatching(
              /^CardinalError: the weights, .*, cannot be fetched: the browser is offline$/,
            ) as string)
          : { top, received: weights.length },
    });
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
        const adapted = await tools.attempt(() =>
          tools.loadClassifier('/weights.safetensors', { ...options, model, inChannels: 1 }),
        );
        return { tops, other, adapted };
      },
      { known },
    );
    expect(found.tops).toEqual([top, top.map(({ label, probability }) => [label, probability])]);
    expect(found.other).toMatch(/^UsageError: .*got a function/);
    expect(found.adapted).toMatch(/^UsageError: loadClassifier: inChannels 1 is for networks of the reg/);
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
