import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeHub, sha256 } from '../support/fake-hub.ts';
import { someBytes } from '../support/hub-folder.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import type { Asked, Located } from './support/hub-worker.ts';
import { servePages, type TestServer } from './support/pages.ts';

const weights = someBytes(300_000);
/** Bytes after which a download is broken off. */
const half = 100_000;
const config = {
  ...{ architecture: 'resnext50_32x4d', num_classes: 2, label_names: ['cat', 'dog'] },
  pretrained_cfg: {
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    input_size: [3, 224, 224],
    license: 'mit',
  },
};
const commit = 'c0ffee'.padEnd(40, '0');

let server: TestServer;
let hub: FakeHub;
beforeAll(async () => {
  server = await servePages({
    files: { '/worker.js': await bundlePage('test/browser/support/hub-worker.ts') },
  });
  hub = await FakeHub.start();
  hub.forPages = true;
  hub.files.set('model.safetensors', { bytes: weights, large: true });
  hub.files.set('config.json', { bytes: new TextEncoder().encode(JSON.stringify(config)), large: false });
});
afterAll(async () => {
  await hub.stop();
  await server.close();
});

describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  let page: TestPage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    page = await browser.newPage();
    await page.goto(`${server.origin}/`);
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    hub.behaviour = () => false;
    hub.seen.length = 0;
  });

  /** Asks a new worker, as a page does that was loaded anew. */
  async function locate(asked: Partial<Asked> = {}): Promise<Located> {
    return page.evaluate(
      (question) =>
        new Promise<Located>((resolve) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<Located>) => {
            worker.terminate();
            resolve(data);
          };
          worker.postMessage(question);
        }),
      { id: 1, name: 'hf:timm/net', endpoint: hub.endpoint, ...asked },
    );
  }

  const requests = () => hub.seen.map(({ host, method, path }) => `${host} ${method} ${path}`);
  const refuseAll = () => {
    hub.behaviour = (_, response) => {
      response.destroy();
      return true;
    };
  };

  test('without the network and without a copy it is one line', async () => {
    refuseAll();
    const { error, warnings } = await locate();
    expect(error?.name).toBe('HubError');
    expect(error?.message).toMatch(
      /^http:.*\/api\/models\/timm\/net\/revision\/main cannot be reached: no network, a Content-Security-Policy .*; tried 5 times$/,
    );
    expect(warnings).toEqual([]);
  });

  test('a download that breaks is kept, and goes on where it was', async () => {
    hub.behaviour = ({ host, range }, response) => {
      if (host !== 'cdn') return false;
      if (range !== undefined) {
        response.writeHead(503).end();
        return true;
      }
      // It breaks when the page has what was sent: browsers throw away what nobody has read.
      const timer = setInterval(() => {
        if (!page.console.some((line) => line.endsWith(`received ${half}`))) return;
        clearInterval(timer);
        hub.hangUp();
      }, 5);
      return hub.hold(response, weights, half);
    };
    const { error } = await locate();
    expect(error?.message).toMatch(
      /^127\.0\.0\.1:\d+ is in trouble \(503\) .*; tried 5 times; 97\.7 KiB are kept, the next try goes on from there$/,
    );
    const ranges = () => hub.gets('cdn').map(({ range }) => range);
    expect(ranges()).toEqual([undefined, ...Array.from({ length: 4 }, () => `bytes=${half}-`)]);
    hub.behaviour = () => false;
    hub.seen.length = 0;
    const { size, sum, progress } = await locate();
    expect({ size, sum }).toEqual({ size: weights.length, sum: sha256(weights) });
    expect(ranges()).toEqual([`bytes=${half}-`]);
    const ofWeights = progress.filter(({ file }) => file === 'model.safetensors');
    expect(ofWeights[0]).toEqual({ file: 'model.safetensors', received: half, total: weights.length });
    expect(ofWeights.at(-1)?.received).toBe(weights.length);
  });

  test('what is there is not downloaded again, and serves when there is no network', async () => {
    const again = await locate();
    expect(requests()).toEqual(['hub GET /api/models/timm/net/revision/main?blobs=true']);
    expect(again.sum).toBe(sha256(weights));
    expect(again.known).toMatchObject({
      ...{ model: 'resnext50_32x4d', classes: ['cat', 'dog'], licence: 'mit' },
      preprocessing: { size: [224, 224], mean: [0.5, 0.5, 0.5] },
    });
    hub.seen.length = 0;
    const named = await locate({ name: `hf:timm/net@${commit}/model.safetensors` });
    expect([named.sum, hub.seen]).toEqual([sha256(weights), []]);
    refuseAll();
    const offline = await locate();
    expect(offline.sum).toBe(sha256(weights));
    expect(offline.warnings).toEqual([
      expect.stringMatching(
        / cannot be reached: .*; going on with what was downloaded of hf:timm\/net@c0ffee0+$/,
      ),
    ]);
  });

  test('what is damaged on the disk is noticed and downloaded again', async () => {
    await page.evaluate(
      async (path) => {
        let folder = await navigator.storage.getDirectory();
        for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
        const writable = await (
          await folder.getFileHandle(path.at(-1) ?? '')
        ).createWritable({ keepExistingData: true });
        await writable.write({ type: 'write', position: 1234, data: new Uint8Array([1, 2, 3]) });
        await writable.close();
      },
      ['.cardinal', 'hub', 'models--timm--net', 'blobs', sha256(weights)],
    );
    const { sum, warnings } = await locate();
    expect(sum).toBe(sha256(weights));
    expect(warnings).toEqual([
      'what was kept of hf:timm/net/model.safetensors is damaged: downloading it again',
    ]);
  });

  test('bytes that are not those that were promised are refused', async () => {
    const wrong = Uint8Array.from(weights, (byte) => byte ^ 1);
    hub.files.set('other.safetensors', { bytes: weights.subarray(1), large: true });
    hub.behaviour = ({ host }, response) => {
      if (host === 'cdn') response.end(wrong.subarray(1));
      return host === 'cdn';
    };
    const { error } = await locate({ name: 'hf:timm/net@main/other.safetensors' });
    expect(error?.message).toMatch(
      /^hf:timm\/net@c0ffee0+\/other\.safetensors arrived damaged: expected SHA-256 [\da-f]{64}, got /,
    );
    hub.files.delete('other.safetensors');
  });

  test('names that are not there, and repositories that are not ours', async () => {
    expect((await locate({ name: 'hf:timm/net/none.safetensors' })).error?.message).toBe(
      `there is no hf:timm/net@${commit}/none.safetensors`,
    );
    expect((await locate({ name: 'hf:timm/net@v9' })).error?.message).toMatch(
      /^there is no hf:timm\/net@v9 on 127\.0\.0\.1:\d+, or it is private: check the name and what follows the @$/,
    );
    expect((await locate({ name: 'hf:timm/other', token: 'secret' })).error?.message).toMatch(
      /^127\.0\.0\.1:\d+ refuses hf:timm\/other \(401\): it does not exist, or the option token is of no account that may read it$/,
    );
    expect(hub.seen.at(-1)?.authorization).toBe('Bearer secret');
  });

  test('where nothing can be kept it is used all the same', async () => {
    const { sum, warnings } = await locate({ keepsNothing: true });
    expect(sum).toBe(sha256(weights));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^what is downloaded is not kept for the next time: runs cannot be kept here: the browser gives this window no private file system/,
      ),
    ]);
  });

  test('300 MB come with progress, onto the disk, until they are called off', async () => {
    const total = 300_000_000;
    const piece = Buffer.from(someBytes(1_000_000));
    let sent = 0;
    let closed: Promise<unknown> | undefined;
    hub.files.set('large.safetensors', { bytes: weights, large: true });
    hub.behaviour = ({ host, path }, response) => {
      if (path.startsWith('/api/')) {
        const files = [
          { rfilename: 'large.safetensors', size: total, lfs: { sha256: sha256(piece), size: total } },
        ];
        response.end(JSON.stringify({ sha: commit, siblings: files }));
        return true;
      }
      if (host !== 'cdn') return false;
      response.writeHead(200, { 'content-length': total });
      closed = once(response, 'close');
      void (async () => {
        while (sent < total && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
        }
      })();
      return true;
    };
    const { error, progress } = await locate({
      name: 'hf:timm/net@large/large.safetensors',
      cancelAt: 50_000_000,
    });
    expect(error).toEqual({ name: 'Error', message: 'changed my mind' });
    const received = progress.map((step) => step.received);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(received.length).toBeGreaterThan(10);
    expect(progress.at(-1)).toEqual({ file: 'large.safetensors', received: received.at(-1), total });
    await closed;
    // Firefox takes what comes off the wire as fast as it comes, whoever reads it.
    if (kind === 'chromium') expect(sent).toBeLessThan(total);
    // What came is on the disk, to be gone on from.
    const kept = await page.evaluate(
      async (path) => {
        let folder = await navigator.storage.getDirectory();
        for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
        return (await (await folder.getFileHandle(path.at(-1) ?? '')).getFile()).size;
      },
      ['.cardinal', 'hub', 'models--timm--net', 'blobs', `${sha256(piece)}.incomplete`],
    );
    expect(kept).toBe(received.at(-1));
    hub.files.delete('large.safetensors');
  });
});
