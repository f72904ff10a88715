import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { LoaderOptions } from '../../src/data/loader.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { openData } from '../../src/node/data/open.ts';
import { recordOf } from '../../src/node/data/record-pictures.ts';
import {
  cifarFile,
  drawing,
  temporaryFolder,
  writeBytes,
  writeClasses,
} from '../node/data/support/sources.ts';
import { hashOfBatches } from '../support/batches.ts';
import { browsers, openBrowser, type TestBrowser } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import type { LoaderPage, PageOrder } from './support/loader-page.ts';
import type { LoaderAnswer } from './support/loader-worker.ts';
import { servePages, type TestServer } from './support/pages.ts';

const { path: root, remove } = temporaryFolder();
const photos = join(root, 'photos');
const cifar = join(root, 'cifar');
const augmented: LoaderOptions = {
  batchSize: 5,
  preprocessing: defaultPreprocessing({
    ...{ channels: 3, imageSize: 12, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] },
  }),
  ...{ training: true, seed: 9, mix: { mixup: 0.2, cutmix: 1 } },
  augmentation: {
    ...{ crop: { kind: 'random-resized' }, flip: 0.5, lighting: 0.1 },
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 },
  },
};
const evaluated: LoaderOptions = { ...augmented, training: false, augmentation: undefined, mix: undefined };
/** Each in an engine of its own, one loader after the other, with so many workers, which must not matter. */
const asked = [
  {
    name: 'photos',
    options: [
      { ...augmented, workers: 1 },
      { ...evaluated, workers: 3 },
      { ...augmented, workers: 0 },
      { ...evaluated, workers: 2 },
    ],
    hashes: [0, 1, 0, 1],
  },
  {
    name: 'cifar',
    options: [
      { ...augmented, workers: 1 },
      { ...evaluated, workers: 1 },
    ],
    hashes: [0, 1],
  },
] as const;
const onOneWorker = [{ ...augmented, workers: 1 }];

/** Of an epoch for training and one for evaluation, in Node. */
let expected: Readonly<Record<string, readonly string[]>>;

beforeAll(async () => {
  await writeClasses(photos, { a: 9, b: 7 });
  for (const format of ['jpeg', 'webp', 'gif', 'avif'] as const) {
    const picture = drawing([200, 90, 30], 40, 30).toFormat(format, { lossless: true });
    writeBytes(join(photos, 'b', `photo.${format}`), await picture.toBuffer());
  }
  const turned = await drawing([10, 200, 80], 37, 23).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  writeBytes(join(photos, 'a', 'turned.jpg'), turned);
  writeFileSync(join(photos, 'a', 'damaged.jpg'), turned.subarray(0, 500));
  writeBytes(join(cifar, 'data_batch_1.bin'), cifarFile(Array.from({ length: 60 }, (_, i) => [i % 10])));
  const hashes = async (folder: string): Promise<string[]> => {
    const { train } = await openData(folder, { valFraction: 0.2 });
    if (!train) throw new Error('no training pictures');
    const found: string[] = [];
    for (const each of [augmented, evaluated]) {
      const loader = createLoader(train, { ...each, workers: 1 });
      found.push(await hashOfBatches(loader));
      await loader.dispose();
    }
    return found;
  };
  expected = { photos: await hashes(photos), cifar: await hashes(cifar) };
});
afterAll(remove);

function filesOf(folder: string): { readonly path: string; readonly base64: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return {
        path: `${basename(folder)}${path.slice(folder.length)}`,
        base64: readFileSync(path, 'base64'),
      };
    });
}

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

/** A worker that goes away at its first batch. */
const mortal = "addEventListener('message', ({ data }) => { if ('request' in data) close(); });";

describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  const servers: TestServer[] = [];
  /** Workers that are mortal, of those that start next. */
  let doomed = 0;

  beforeAll(async () => {
    const [page, engine, worker, pictures] = await Promise.all([
      bundlePage('test/browser/support/loader-page.ts'),
      bundlePage('test/browser/support/loader-worker.ts'),
      bundlePage('src/web/worker.ts'),
      bundlePage('src/web/pictures.ts'),
    ]);
    for (const isolated of [true, false]) {
      servers.push(
        await servePages({
          isolated,
          files: {
            ...{ '/': html, '/page.js': page, '/engine.js': engine, '/worker.js': worker },
            '/pictures.js': pictures,
          },
          answer: (request, response) => {
            if (request.url !== '/mortal.js') return false;
            response.setHeader('Content-Type', 'text/javascript');
            response.end(doomed-- > 0 ? worker + mortal : worker);
            return true;
          },
        }),
      );
    }
    browser = await openBrowser(kind);
  });
  afterAll(async () => {
    await browser.close();
    for (const server of servers) await server.close();
  });

  async function batchesIn(
    isolated: boolean,
    order: Omit<PageOrder, 'worker'> & Partial<PageOrder>,
  ): Promise<LoaderAnswer> {
    const server = servers[isolated ? 0 : 1];
    const page = await browser.newPage();
    try {
      await page.goto(`${server.origin}/`);
      return await page.evaluate(
        (given: PageOrder) => (globalThis as unknown as LoaderPage).batchesOf(given),
        { worker: '/worker.js', ...order },
      );
    } finally {
      await page.close();
    }
  }

  test.each([true, false])(
    "a page's batches are Node's, whatever the workers; isolated: %s",
    async (isolated) => {
      for (const { name, options, hashes } of asked) {
        const folder = join(root, name);
        const answer = await batchesIn(isolated, { files: filesOf(folder), options });
        expect(answer.isolated).toBe(isolated);
        expect(answer.batches).toEqual(hashes.map((n) => expected[name][n]));
        expect(answer.record).toEqual(await recordOf(await openData(folder, { valFraction: 0.2 })));
      }
    },
  );

  test.each([true, false])('a worker that goes away is replaced; isolated: %s', async (isolated) => {
    doomed = 1;
    const files = filesOf(photos);
    const { batches } = await batchesIn(isolated, {
      files,
      options: onOneWorker,
      worker: '/mortal.js',
    });
    expect(batches).toEqual([expected['photos'][0]]);
    expect(doomed).toBeLessThan(0);
  });

  test('a worker that cannot be loaded says so', async () => {
    const files = filesOf(photos);
    const { batches } = await batchesIn(true, { files, options: onOneWorker, worker: '/missing.js' });
    expect(batches[0]).toMatch(/a thread that decodes pictures cannot start: .*missing\.js/);
  });
});
