import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchFromHub } from '../../../src/node/hub/fetch.ts';
import { lockFolder } from '../../../src/node/lock/lock.ts';
import { gitHash, sha256 } from '../../support/fake-hub.ts';
import { listFiles, setUpHub, someBytes, type HubSetup } from '../../support/hub-folder.ts';

const name = 'hf:timm/net/model.safetensors';
const weights = someBytes(100_000);
const half = 40_000;
const blob = sha256(weights);

let setup: HubSetup;
beforeEach(async () => {
  setup = await setUpHub();
  setup.hub.files.set('model.safetensors', { bytes: weights, large: true });
});
afterEach(() => setup[Symbol.asyncDispose]());

/** What huggingface_hub leaves after `hf_hub_download('timm/net', file)`. */
async function asPython(file: string, bytes: Uint8Array, commit = setup.hub.commit): Promise<string> {
  const blobs = join(setup.folder, 'blobs');
  const path = join(setup.folder, 'snapshots', commit, ...file.split('/'));
  const depth = file.split('/').length + 1;
  for (const folder of [blobs, dirname(path), join(setup.folder, 'refs')])
    await mkdir(folder, { recursive: true });
  await writeFile(join(blobs, sha256(bytes)), bytes);
  await symlink(`${'../'.repeat(depth)}blobs/${sha256(bytes)}`, path);
  await writeFile(join(setup.folder, 'refs', 'main'), commit);
  return path;
}

describe('the cache', () => {
  test('links snapshots to blobs by relative paths, as huggingface_hub does', async () => {
    setup.hub.files.set('deep/er/file.bin', { bytes: weights, large: true });
    const { path } = await fetchFromHub('hf:timm/net/deep/er/file.bin', setup.options());
    expect(await readlink(path)).toBe(join('..', '..', '..', '..', 'blobs', blob));
    await fetchFromHub(name, setup.options());
    expect(setup.hub.gets('cdn').length).toBe(1);
  });

  test('is asked first: a second call downloads nothing', async () => {
    const first = await fetchFromHub(name, setup.options());
    setup.hub.seen.length = 0;
    expect(await fetchFromHub(name, setup.options())).toEqual(first);
    expect(setup.hub.seen.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test('of a commit is used without any request', async () => {
    const path = await asPython('model.safetensors', weights);
    const pinned = `hf:timm/net@${setup.hub.commit}/model.safetensors`;
    expect((await fetchFromHub(pinned, setup.options())).path).toBe(path);
    expect(setup.hub.seen).toEqual([]);
  });

  test('that Python filled is used, and its newer commits are followed', async () => {
    const old = await asPython('model.safetensors', weights);
    expect((await fetchFromHub(name, setup.options())).path).toBe(old);
    setup.hub.commit = 'f'.repeat(40);
    const { path } = await fetchFromHub(name, setup.options());
    expect(path).toBe(join(setup.folder, 'snapshots', setup.hub.commit, 'model.safetensors'));
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    // The content is the same: no need to have it again.
    expect(setup.hub.gets()).toEqual([]);
    expect(await readFile(join(setup.folder, 'refs', 'main'), 'utf8')).toBe(setup.hub.commit);
  });

  test('without links holds the files themselves', async () => {
    const env = { HF_HUB_DISABLE_SYMLINKS: '1' };
    const { path } = await fetchFromHub(name, setup.options({ env }));
    expect((await lstat(path)).isFile()).toBe(true);
    expect(await listFiles(join(setup.folder, 'blobs'))).toEqual({});
    setup.hub.seen.length = 0;
    expect((await fetchFromHub(name, setup.options({ env }))).path).toBe(path);
    expect(setup.hub.gets()).toEqual([]);
  });

  test('without links copies a blob that others may link to', async () => {
    const old = await asPython('model.safetensors', weights);
    setup.hub.commit = 'f'.repeat(40);
    const { path } = await fetchFromHub(name, setup.options({ env: { HF_HUB_DISABLE_SYMLINKS: '1' } }));
    expect((await lstat(path)).isFile()).toBe(true);
    expect(new Uint8Array(await readFile(old))).toEqual(weights);
    expect(setup.hub.gets()).toEqual([]);
  });

  test('whose blob was deleted or cut is filled again', async () => {
    const path = await asPython('model.safetensors', weights);
    await rm(join(setup.folder, 'blobs', blob));
    await fetchFromHub(name, setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(weights);

    await rm(path);
    await writeFile(join(setup.folder, 'blobs', blob), weights.subarray(0, half));
    await fetchFromHub(name, setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
  });

  test('keeps what a revision stood for until all of the new one is there', async () => {
    const old = await asPython('model.safetensors', weights);
    setup.hub.commit = 'f'.repeat(40);
    setup.hub.files.set('model.safetensors', { bytes: someBytes(100_000, 5), large: true });
    setup.hub.behaviour = ({ host }, response) => {
      if (host === 'cdn') response.destroy();
      return host === 'cdn';
    };
    await expect(fetchFromHub(name, setup.options())).rejects.toThrow(/cannot be reached/);
    const offline = setup.options({ env: { HF_HUB_OFFLINE: '1' } });
    expect((await fetchFromHub(name, offline)).path).toBe(old);
  });

  test('of a revision with slashes has folders for it', async () => {
    setup.hub.behaviour = ({ path }, response) => {
      if (!path.includes('refs%2Fpr%2F1')) return false;
      response.writeHead(200, {
        'x-repo-commit': setup.hub.commit,
        etag: `"${gitHash(weights)}"`,
        'content-length': weights.length,
      });
      response.end();
      return true;
    };
    setup.hub.files.set('model.safetensors', { bytes: weights, large: false });
    await fetchFromHub('hf:timm/net@refs%2Fpr%2F1/model.safetensors', setup.options());
    const ref = join(setup.folder, 'refs', 'refs', 'pr', '1');
    expect(await readFile(ref, 'utf8')).toBe(setup.hub.commit);
  });

  test('that cannot be written says where', async () => {
    await mkdir(dirname(setup.folder), { recursive: true });
    await writeFile(setup.folder, 'a file');
    await expect(fetchFromHub(name, setup.options())).rejects.toThrow(
      /^cannot write .*blobs: a part of the path is a file, not a folder$/,
    );
  });
});

describe('offline', () => {
  const env = { HF_HUB_OFFLINE: '1' };

  test('by wish: the cache and no request', async () => {
    const path = await asPython('model.safetensors', weights);
    expect((await fetchFromHub(name, setup.options({ env }))).path).toBe(path);
    await expect(fetchFromHub('hf:timm/net/other.bin', setup.options({ env }))).rejects.toThrow(
      /^hf:timm\/net\/other\.bin is not in the cache .*hub, and HF_HUB_OFFLINE is set: unset it to download$/,
    );
    expect(setup.hub.seen).toEqual([]);
    expect(setup.warnings).toEqual([]);
  });

  test('because the hub is gone: the cache with a warning, and no waiting', async () => {
    await fetchFromHub(name, setup.options());
    await setup.hub.stop();
    const { path } = await fetchFromHub(name, setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.warnings).toEqual([
      expect.stringMatching(
        /cannot be reached: connection refused; going on with what the cache has of hf:timm\/net@c0ffee0+$/,
      ),
    ]);
    expect(setup.pauses).toEqual([]);
  });

  test('because the hub is gone, without the file: says both', async () => {
    await fetchFromHub(name, setup.options());
    await setup.hub.stop();
    await expect(fetchFromHub('hf:timm/net/other.bin', setup.options())).rejects.toThrow(
      /^hf:timm\/net\/other\.bin is not in the cache .*, and 127\.0\.0\.1:\d+ cannot be reached: connection refused/,
    );
  });

  test.each([
    ['is in trouble', 503],
    ['refuses us', 401],
    ['is a login page', 200],
  ])('because what answers %s', async (_, status) => {
    const path = await asPython('model.safetensors', weights);
    setup.hub.behaviour = (_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end();
      return true;
    };
    expect((await fetchFromHub(name, setup.options())).path).toBe(path);
    expect(setup.warnings.length).toBe(1);
  });

  test('is not what a hub is that says the file is gone', async () => {
    await asPython('model.safetensors', weights);
    setup.hub.files.clear();
    setup.hub.commit = 'f'.repeat(40);
    await expect(fetchFromHub(name, setup.options())).rejects.toThrow(
      /^there is no hf:timm\/net\/model\.safetensors/,
    );
  });
});

describe('several at once', () => {
  const unhurried = { sleep: (ms: number) => wait(ms), poll: 2 };

  test('in one process download once', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    // The connection breaks once one has its half and the others have found that they must wait.
    let hasHalf = false;
    const breakWhenAllWait = () => {
      if (hasHalf && setup.warnings.length >= 4) setup.hub.hangUp();
    };
    const options = setup.options({
      timing: unhurried,
      onWarning: (message) => {
        setup.warnings.push(message);
        breakWhenAllWait();
      },
      onProgress: ({ received }) => {
        hasHalf ||= received === half;
        breakWhenAllWait();
      },
    });
    const all = await Promise.all(Array.from({ length: 5 }, () => fetchFromHub(name, options)));
    expect(new Set(all.map(({ path }) => path)).size).toBe(1);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`]);
    expect(Object.keys(await listFiles(join(setup.folder, 'blobs')))).toEqual([blob]);
  });

  test('and one that waits is called off by its caller', async () => {
    const folder = join(dirname(setup.folder), '.locks', 'models--timm--net', `${blob}.cardinal`);
    await mkdir(folder, { recursive: true });
    const lock = await lockFolder(folder);
    const controller = new AbortController();
    const reason = new Error('enough');
    const failed = fetchFromHub(
      name,
      setup.options({
        signal: controller.signal,
        onWarning: () => {
          controller.abort(reason);
        },
      }),
    );
    await expect(failed).rejects.toBe(reason);
    expect(setup.hub.gets('cdn')).toEqual([]);
    await lock.release();
  });

  test('in two processes: one waits for the other, which is broken off and goes on', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    const child = await childAtHalf();
    const ours = fetchFromHub(
      name,
      setup.options({
        timing: unhurried,
        onWarning: (message) => {
          setup.warnings.push(message);
          setup.hub.hangUp();
        },
      }),
    );
    const [{ path }] = await Promise.all([ours, once(child, 'exit')]);
    expect(child.exitCode).toBe(0);
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.warnings).toEqual([
      expect.stringMatching(/^another process downloads hf:timm.*: waiting for it$/),
    ]);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`]);
  });

  test('after one was killed: what it had is used', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    const child = await childAtHalf();
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(await listFiles(join(setup.folder, 'snapshots'))).toEqual({});
    const { path } = await fetchFromHub(name, setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').at(-1)?.range).toBe(`bytes=${half}-`);
  });

  test('where the other does not get on: each for itself, and nothing is left beside the file', async () => {
    const folder = join(dirname(setup.folder), '.locks', 'models--timm--net', `${blob}.cardinal`);
    await mkdir(folder, { recursive: true });
    const lock = await lockFolder(folder);
    const { path } = await fetchFromHub(name, setup.options({ timing: { patience: 50, poll: 10 } }));
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(Object.keys(await listFiles(join(setup.folder, 'blobs')))).toEqual([blob]);
    await lock.release();
  });

  /** A process that downloads the file and has as much as the hub gives it. */
  async function childAtHalf(): Promise<ChildProcess> {
    const { env } = setup.options();
    const module = new URL('../../../src/node/hub/fetch.ts', import.meta.url).href;
    const script = `
      const { fetchFromHub } = await import(${JSON.stringify(module)});
      await fetchFromHub(${JSON.stringify(name)}, {
        env: ${JSON.stringify(env)},
        timing: { backoff: () => 1 },
        onProgress: ({ received }) => received === ${half} && console.log('half'),
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }
});
