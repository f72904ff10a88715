import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { nodeFolders } from '../../src/node/folder-platform.ts';
import { RunFolder } from '../../src/node/run-folder.ts';
import { packRun } from '../../src/run/archive/pack.ts';
import { unpackRun } from '../../src/run/archive/unpack.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { nodeFileSystem } from '../../src/node/file-system.ts';
import { browsers, openBrowser, startBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { doSteps, type FileStep } from './support/file-steps.ts';
import { servePages, type TestServer } from './support/pages.ts';
import { seed } from '../support/seed.ts';
import type { StoreCalls } from './support/store-worker.ts';

let server: TestServer;
beforeAll(async () => {
  const worker = await bundlePage('test/browser/support/store-worker.ts');
  const source = `import * as runs from './src/web/page/runs.ts'; Object.assign(globalThis, { runs });`;
  server = await servePages({
    files: {
      ...{ '/worker.js': worker, '/runs.js': await bundlePage({ source }) },
      '/runs.html':
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/runs.js"></script>',
    },
    folders: { '/dist': fileURLToPath(new URL('../../dist', import.meta.url)) },
  });
});
afterAll(() => server.close());

/** A page with a worker that does what it is asked to. */
interface StorePage {
  readonly page: TestPage;
  call<N extends keyof StoreCalls>(
    name: N,
    ...given: Parameters<StoreCalls[N]>
  ): Promise<Awaited<ReturnType<StoreCalls[N]>>>;
}

async function openStore(browser: TestBrowser): Promise<StorePage> {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/runs.html`);
  await page.evaluate(() => {
    const worker = new Worker('/worker.js', { type: 'module' });
    Object.assign(globalThis, {
      store: worker,
      ask: (question: { id: number }) =>
        new Promise((resolve) => {
          worker.addEventListener('message', function answer({ data }: MessageEvent<{ id: number }>) {
            if (data.id !== question.id) return;
            worker.removeEventListener('message', answer);
            resolve(data);
          });
          worker.postMessage(question);
        }),
    });
  }, undefined);
  let asked = 0;
  return {
    page,
    call: async (name, ...given) => {
      const answer = await page.evaluate(
        (question) => (globalThis as unknown as { ask(question: unknown): Promise<never> }).ask(question),
        { id: asked++, name, given },
      );
      const { value, error } = answer as { value: never; error?: Error };
      if (error !== undefined) throw Object.assign(new Error(error.message), { name: error.name });
      return value;
    },
  };
}

/** A line of a page's console, when it comes. */
async function consoleOf(page: TestPage, pattern: RegExp): Promise<string> {
  return vi.waitFor(
    () =>
      page.console.find((line) => pattern.test(line)) ?? Promise.reject(new Error(page.console.join('\n'))),
    { timeout: 20_000, interval: 20 },
  );
}

/** Ends a page's process, if the browser lets tests do that, and else the page. */
async function crash(page: TestPage): Promise<void> {
  const { playwright } = page.driver;
  if (playwright !== undefined) {
    const session = await playwright.context().newCDPSession(playwright);
    const crashed = new Promise((resolve) => playwright.once('crash', resolve));
    // No answer comes of a process that is gone.
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
  }
  await page.close();
}

const steps: readonly FileStep[] = [
  ['readdir', ''],
  ['mkdir', 'a'],
  ['mkdir', 'a'],
  ['mkdir', 'b/c'],
  ['stat', 'a'],
  ['stat', 'x'],
  ['stat', 'a/x/y'],
  ['write', 'a/x', 'r+', 'no'],
  ['write', 'a/x', 'wx', 'one', 'two'],
  ['write', 'a/x', 'wx', 'again'],
  ['read', 'a/x'],
  ['readAt', 'a/x', 2, 3],
  ['readAt', 'a/x', 60, 3],
  ['write', 'a/x', 'a', '+end'],
  ['write', 'a/x', 'a', '+more'],
  ['read', 'a/x'],
  ['write', 'a/x', 'r+', 'ON'],
  ['read', 'a/x'],
  ['truncate', 'a/x', 4, 'EE'],
  ['read', 'a/x'],
  ['stat', 'a/x'],
  ['stat', 'a/x/y'],
  ['readFile', 'a/x', 4],
  ['readFile', 'a/x', 3],
  ['readFile', 'a'],
  ['readFile', 'a/none'],
  ['write', 'a', 'r+', 'no'],
  ['write', 'a', 'a', 'no'],
  ['write', 'a/x/y', 'wx', 'no'],
  ['write', 'a/y', 'a', 'made'],
  ['rename', 'a/y', 'a/x'],
  ['read', 'a/x'],
  ['read', 'a/y'],
  ['rename', 'a/y', 'a/z'],
  ['rename', 'a/x', 'z'],
  ['rename', 'z', 'none/z'],
  ['read', 'z'],
  ['readdir', 'a'],
  ['readdir', 'none'],
  ['readdir', 'z'],
  ['write', 'a/.lock-é ü', 'wx', 'named'],
  ['readdir', 'a'],
  ['rmdir', 'a'],
  ['rmdir', 'z'],
  ['unlink', 'a'],
  ['unlink', 'a/none'],
  ['unlink', 'a/.lock-é ü'],
  ['rmdir', 'a'],
  ['rmdir', 'a'],
  ['syncFolder', ''],
  ['unlink', 'z'],
  ['readdir', ''],
];

describe.each(browsers)('%s', (kind) => {
  let browser: TestBrowser;
  let store: StorePage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    store = await openStore(browser);
  });
  afterAll(() => browser.close());

  test('the private file system does what the disk does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardinal-steps-'));
    try {
      const expected = await doSteps(nodeFileSystem, (path) => `${folder}/${path}`, steps);
      await store.call('fresh');
      expect(await store.call('steps', steps)).toEqual(expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('one tab has a folder; it is free when the tab is closed, and can be taken over', async () => {
    const path = 'opfs:t/run';
    const other = await openStore(browser);
    await store.call('lock', path, false);
    await expect(other.call('lock', path, false)).rejects.toMatchObject({
      name: 'InUseError',
      message:
        'run folder opfs:t/run is already in use by another tab or worker of this site; wait for it, close it or choose another folder (or take it over with takeOver: true)',
    });
    await store.call('check');
    await other.call('lock', path, true);
    await other.call('check');
    await expect(store.call('check')).rejects.toMatchObject({
      name: 'LockLostError',
      message:
        'run folder opfs:t/run was taken over by another tab or worker of this site: this one stops and writes nothing more there',
    });
    await store.call('release');
    await other.call('check');
    await other.page.close();
    await store.call('lock', path, false);
    await store.call('check');
    await store.call('release');
  });

  test('a run survives that its tab is killed, 20 times', async () => {
    const rng = Rng.of(seed, 'tabs', kind);
    let saved = -1;
    for (let life = 0; life <= 20; life++) {
      const tab = await openStore(browser);
      const { step, metrics, notices } = await tab.call('goOn', 'opfs:t/killed');
      const what = `life ${life}, CARDINAL_SEED=${seed}`;
      // What was said to be saved is there, or something newer: the last words of a tab may be lost.
      expect(step, what).toBeGreaterThanOrEqual(saved);
      expect(metrics, what).toEqual(Array.from({ length: step + 1 }, (_, index) => index));
      for (const notice of notices)
        expect(notice, what).toMatch(/begins anew|previous\.safetensors, at step \d+$/);
      // On a slow machine most lives may be too short to get on.
      if (life % 5 === 4) await consoleOf(tab.page, /saved [1-9]\d*$/);
      // Any moment of a turn of a training is drawn, of which a checkpoint takes most.
      await new Promise((resolve) => setTimeout(resolve, rng.uniform(0, 200)));
      await (rng.uniform(0, 1) < 0.5 ? crash(tab.page) : tab.page.close());
      const told = tab.page.console.flatMap((line) => Number(/saved (\d+)$/.exec(line)?.[1] ?? []));
      expect(tab.page.console.join(), what).not.toContain('failed');
      saved = Math.max(step, ...told.slice(-1));
    }
    expect(saved).toBeGreaterThan(0);
  });

  test('runs are listed, exported to the disk and imported, and deleted', async () => {
    // A browser may give up the lock of a tab that was killed a moment later.
    await expect
      .poll(async () => (await store.call('list')).map(({ inUse }) => inUse), { timeout: 20_000 })
      .toEqual([false]);
    const [listed, ...others] = await store.call('list');
    const { step } = listed;
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ path: 'opfs:t/killed', canContinue: true, inUse: false });
    expect(listed.bytes).toBeGreaterThan(2_400_000);
    expect(await store.call('metrics', 'opfs:t/killed', 3)).toEqual(
      [step - 2, step - 1, step].map((each) => ({ type: 'step', step: each })),
    );
    const exported = await store.call('export', 'opfs:t/killed');
    expect(exported.name).toBe('killed.zip');
    const root = await mkdtemp(join(tmpdir(), 'cardinal-exported-'));
    try {
      const bytes = Buffer.from(exported.text, 'latin1');
      await unpackRun(bytesSource(bytes, exported.name), join(root, 'run'), {}, nodeFolders);
      const folder = await RunFolder.open(join(root, 'run'));
      const { training } = await folder.checkpointToContinue();
      // Metrics went on after the newest checkpoint, perhaps until the next one was about to be there.
      expect([step - (step % 10), step - 10]).toContain(training?.progress.step);
      await folder.appendMetrics({ type: 'step', step: step + 1 });
      await folder.close();
      const parts: Uint8Array[] = [];
      for await (const part of packRun(join(root, 'run'), {}, nodeFolders)) parts.push(part);
      await store.call('import', Buffer.concat(parts).toString('latin1'), 'opfs:t/back');
    } finally {
      await rm(root, { recursive: true });
    }
    const [back, killed] = await store.call('list');
    expect([back.path, back.step, killed.path]).toEqual(['opfs:t/back', step + 1, 'opfs:t/killed']);
    await expect(store.call('import', 'no zip', 'opfs:t/none')).rejects.toThrow(
      /^pets\.zip is truncated or a damaged zip/,
    );
    await expect(store.call('import', exported.text, 'opfs:t/back')).rejects.toThrow(
      /^opfs:t\/back is not empty: /,
    );
    await store.call('delete', 'opfs:t/back');
    expect((await store.call('list')).map(({ path }) => path)).toEqual(['opfs:t/killed']);
    await expect(store.call('metrics', 'opfs:t/back', 1)).rejects.toThrow(
      /^no run opfs:t\/back: .* the browser has deleted the data of this site to make room/,
    );
  });

  test('a page does all of it by the scripts of the package', async () => {
    const found = await store.page.evaluate(async (base) => {
      const { runs } = globalThis as unknown as { runs: typeof import('../../src/web/page/runs.ts') };
      const names = async () => (await runs.listRuns({ base })).map(({ path }) => path);
      const done: number[] = [];
      const file = await runs.exportRun('opfs:t/killed', {
        base,
        onProgress: (bytes) => void done.push(bytes),
      });
      await runs.importRun(file, 'opfs:t/copy', { base });
      const copied = await names();
      const metrics = await runs.readMetrics('opfs:t/copy', { base, last: 1 });
      await runs.deleteRun('opfs:t/copy', { base });
      const refused = await runs
        .deleteRun('opfs:t/copy', { base })
        .catch((error: unknown) => (error as Error).name);
      return { copied, left: await names(), metrics, done: done.at(-1), size: file.size, refused };
    }, '/dist');
    expect(found).toMatchObject({
      ...{ copied: ['opfs:t/copy', 'opfs:t/killed'], left: ['opfs:t/killed'], refused: 'CardinalError' },
      metrics: [{ type: 'step' }],
    });
    expect(found.size).toBeGreaterThan(found.done ?? Infinity);
  });

  test.runIf(kind === 'chromium')(
    'no more room, and files that are gone, are errors of one line',
    // Of what is under way when its storage is changed from outside Chromium may never say how it ended: then once more, in a new one.
    { retry: 2 },
    async ({ onTestFinished }) => {
      const own = await startBrowser(kind);
      onTestFinished(() => own.close());
      const [full, after] = [await openStore(own), await openStore(own)];
      const { playwright } = after.page.driver;
      if (playwright === undefined) throw new Error('not Chromium');
      const { origin } = server;
      const session = await playwright.context().newCDPSession(playwright);
      await full.call('goOn', 'opfs:t/full');
      await consoleOf(full.page, /^log: saved /);
      const failed = consoleOf(full.page, /^log: failed: /);
      const ended = failed.then(
        () => true,
        () => true,
      );
      // While a checkpoint is written the old one is there, too: with room for both, none would ever fail. The least that was used counts.
      let least = Infinity;
      for (let isOver = false; !isOver;) {
        const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
        if (usage < least) {
          least = usage;
          await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: least + 50_000 });
        }
        isOver = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(resolve, 50, false))]);
      }
      expect(await failed).toMatch(
        /^log: failed: StoreError: the browser gives this site no more room for files \(.*B of .*B are used\): delete runs that are not needed any more \(deleteRun\), or make room on the disk$/,
      );
      await session.send('Storage.overrideQuotaForOrigin', { origin });
      await full.page.close();
      expect((await after.call('goOn', 'opfs:t/full')).step).toBeGreaterThanOrEqual(0);
      await consoleOf(after.page, /^log: saved /);
      // Of what is under way at that moment Chromium may never say how it ended.
      await after.call('pause');
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      await after.call('resume');
      expect(await consoleOf(after.page, /^log: failed: /)).toMatch(
        /^log: failed: StoreError: opfs:t\/full is gone: the browser's data of this site was deleted/,
      );
    },
  );
});
