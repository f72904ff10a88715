import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetchFromHub } from '../../../src/node/hub/fetch.ts';
import { refusal } from '../../../src/node/hub/redirect.ts';
import type { HubOptions } from '../../../src/node/hub/repo.ts';
import { resolveHub } from '../../../src/node/hub/resolve.ts';
import { PaceKeeper, usualTiming } from '../../../src/hub/timing.ts';
import { gitHash, sha256 } from '../../support/fake-hub.ts';
import { failure, fetchWeights, part, setUpEach, setup, small, weights } from '../../support/hub-download.ts';
import { listFiles, someBytes } from '../../support/hub-folder.ts';

setUpEach();

/** Has the hub itself give a file under an ETag and, if it is known, with its size. */
function answer(
  { etag, size }: { readonly etag: string; readonly size?: number },
  body: (response: ServerResponse) => void,
): void {
  setup.hub.behaviour = ({ method }, response) => {
    response.writeHead(200, {
      'x-repo-commit': setup.hub.commit,
      'x-linked-etag': etag,
      ...(size === undefined ? {} : { 'x-linked-size': size }),
    });
    if (method === 'HEAD') response.end();
    else body(response);
    return true;
  };
}

/** Sends for as long as anyone listens. */
function forever(response: ServerResponse): void {
  const chunk = new Uint8Array(65_536);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    response.once('drain', more);
  };
  more();
}

describe('a body without an end', () => {
  test('is taken up to the limit of its kind, and nothing of it stays', async () => {
    answer({ etag: `"${sha256(weights)}"` }, forever);
    expect(await failure({ maxBytes: 200_000 })).toMatch(
      /gives no length of hf:timm\/net@.*model\.safetensors and sends more than the 195 KiB that are taken then; what arrived was deleted/,
    );
    expect((await readFile(part())).length).toBe(0);
  });

  test('is no config.json, of which there are few bytes', async () => {
    answer({ etag: '"no-hash"' }, forever);
    await expect(resolveHub('hf:timm/net', setup.options())).rejects.toThrow(
      /gives no length of hf:timm\/net@.*config\.json and sends more than the 16\.0 MiB that are taken then/,
    );
  });

  test('leaves room on the disk', async () => {
    answer({ etag: `"${sha256(weights)}"` }, forever);
    const freeBytes = (): Promise<number> => Promise.resolve(2 ** 28 + 100_000);
    expect(await failure({ freeBytes })).toMatch(/sends more than the 97\.7 KiB that are taken then/);
  });

  test('is not unpacked beyond the size of the file', async () => {
    answer({ etag: `"${gitHash(small)}"`, size: small.length }, (response) => {
      response.end(gzipSync(new Uint8Array(2 ** 24)));
    });
    const plain = setup.hub.behaviour;
    setup.hub.behaviour = (seen, response) => {
      if (seen.method === 'GET') response.setHeader('content-encoding', 'gzip');
      return plain(seen, response);
    };
    expect(await failure({}, 'hf:timm/net/config.json')).toMatch(/sends more than the 3000 bytes/);
  });
});

describe('a size that is too large', () => {
  test('is refused before anything is asked for', async () => {
    answer({ etag: `"${sha256(weights)}"`, size: 1e13 }, forever);
    expect(await failure()).toMatch(/has 9\.09 TiB, more than the 16\.0 GiB that are taken of such a file$/);
    expect(await failure({ maxBytes: 2e13, freeBytes: () => Promise.resolve(4096) })).toMatch(
      /of which 9\.09 TiB are to come, and the disk of .*blobs has 4\.00 KiB free: make room, or name another folder with HF_HUB_CACHE$/,
    );
    expect(setup.hub.gets()).toEqual([]);
  });

  test('is no limit', async () => {
    const failed = fetchWeights({ maxBytes: NaN });
    await expect(failed).rejects.toThrow(/^maxBytes: expected a number of bytes, got NaN$/);
  });
});

describe('a byte now and then', () => {
  test('is given up after some tries', async () => {
    let now = 0;
    let sent: ServerResponse | undefined;
    answer({ etag: `"${sha256(weights)}"`, size: weights.length }, (response) => {
      sent = response;
      response.write('x');
    });
    const options: HubOptions = {
      timing: { now: () => (now += 7000), tries: 2 },
      onProgress: ({ received }) => received > 0 && sent?.write('x'),
    };
    expect(await failure(options)).toMatch(
      /sends hf:timm\/net@.* too slowly, 0\.\d bytes a second: try again later; tried 2 times; \d+ B are kept, the next try goes on from there$/,
    );
    expect(setup.hub.gets().length).toBe(2);
  });

  test('is told from a slow line', () => {
    let now = 0;
    const keeper = new PaceKeeper({ ...usualTiming, now: () => now });
    const paces = Array.from({ length: 300 }, (_, second) => {
      now += 1000;
      // Two minutes of 2 KiB/s, then one of 100 B/s.
      return keeper.heard(second < 120 ? 2048 : 100);
    });
    expect(paces.findIndex((pace) => pace !== undefined)).toBe(179);
    expect(paces[179]).toBeCloseTo(100, 6);
  });
});

describe('an ETag that is a hash', () => {
  const hashes: readonly (readonly [string, (bytes: Uint8Array) => string])[] = [
    ['SHA-256', (bytes) => `"${sha256(bytes)}"`],
    ['SHA-256 in capitals', (bytes) => `"${sha256(bytes).toUpperCase()}"`],
    ["Git's SHA-1", (bytes) => `W/"${gitHash(bytes)}"`],
    ["Git's SHA-1 in capitals", (bytes) => gitHash(bytes).toUpperCase()],
    ["a mirror's SHA-1 of the content", (bytes) => `"${createHash('sha1').update(bytes).digest('hex')}"`],
  ];
  test.each(hashes)('is verified: %s', async (_, hash) => {
    answer({ etag: hash(weights) }, (response) => response.end(weights));
    expect(new Uint8Array(await readFile((await fetchWeights()).path))).toEqual(weights);
    expect(setup.warnings).toEqual([]);
    const other = someBytes(weights.length, 9);
    answer({ etag: hash(other) }, (response) => response.end(weights));
    setup.hub.commit = 'f'.repeat(40);
    expect(await failure()).toMatch(
      /arrived damaged: expected SHA-(1|256) [0-9a-f]+, got [0-9a-f]+; it was deleted/,
    );
  });
});

describe('under the name of an unfinished download', () => {
  const target = (): string => join(setup.home, 'mine.txt');

  test.each<[string, (path: string) => unknown]>([
    ['a symbolic link', (path) => symlink(target(), path)],
    ['a link to nothing', (path) => symlink(join(setup.home, 'nothing'), path)],
    ['a hard link', (path) => link(target(), path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ])('%s is taken away, and where it leads is left alone', async (_, plant) => {
    await writeFile(target(), 'my own');
    await mkdir(dirname(part()), { recursive: true });
    await plant(part());
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(await readFile(target(), 'utf8')).toBe('my own');
    expect((await lstat(join(setup.folder, 'blobs', sha256(weights)))).isFile()).toBe(true);
    expect(Object.keys(await listFiles(setup.home))).not.toContain('nothing');
  });
});

describe('a cached file that is damaged', () => {
  const pinned = (): string => `hf:timm/net@${setup.hub.commit}/model.safetensors`;
  const flipped = weights.with(500, weights[500] ^ 1);
  const damages: readonly (readonly [string, Uint8Array])[] = [
    ['a bit', flipped],
    ['its end', weights.subarray(0, 70_000)],
    ['all of it', new Uint8Array()],
  ];

  test.each(damages)('in %s is fetched again, aloud', async (_, bytes) => {
    const { path } = await fetchWeights();
    for (const name of ['hf:timm/net/model.safetensors', pinned()]) {
      await writeFile(path, bytes);
      setup.warnings.length = 0;
      expect((await fetchFromHub(name, setup.options())).path).toBe(path);
      expect(new Uint8Array(await readFile(path))).toEqual(weights);
      expect(setup.warnings).toEqual([
        `what the cache has of ${name} is damaged (${path}): downloading it again`,
      ]);
    }
  });

  test.each(damages)('in %s is refused with its path where nothing can be fetched', async (_, bytes) => {
    const { path } = await fetchWeights();
    await writeFile(path, bytes);
    expect(await failure({ env: { HF_HUB_OFFLINE: '1' } })).toBe(
      `hf:timm/net/model.safetensors is damaged in the cache (${path}), and HF_HUB_OFFLINE is set: unset it to download`,
    );
    await setup.hub.stop();
    expect(await failure()).toMatch(/is damaged in the cache \(.*\), and 127\.0\.0\.1:\d+ cannot be reached/);
  });

  test('is found by the hash of Git too', async () => {
    const name = 'hf:timm/net/config.json';
    const { path } = await fetchFromHub(name, setup.options());
    await writeFile(path, small.with(7, small[7] ^ 4));
    await fetchFromHub(name, setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(small);
  });

  test('and is no link is found by the ETag of the hub', async () => {
    const env = { HF_HUB_DISABLE_SYMLINKS: '1' };
    const { path } = await fetchWeights({ env });
    await writeFile(path, flipped);
    expect((await fetchWeights({ env })).path).toBe(path);
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.warnings.length).toBe(1);
  });

  test('is used by who wants no verification', async () => {
    const { path } = await fetchWeights();
    await writeFile(path, flipped);
    expect((await fetchWeights({ verify: false })).path).toBe(path);
    expect(new Uint8Array(await readFile(path))).toEqual(flipped);
  });
});

describe('a redirect', () => {
  const from = (url: string, to: string, endpoint = 'https://huggingface.co'): string | undefined =>
    refusal(new URL(url), new URL(to), new URL(endpoint));

  test.each([
    ['https://huggingface.co/a', 'https://cdn.example/b', undefined],
    ['https://huggingface.co/a', 'http://cdn.example/b', 'http://cdn.example without encryption'],
    ['https://huggingface.co/a', 'ftp://cdn.example/b', 'what is no web address'],
    ['https://huggingface.co/a', 'https://me:secret@cdn.example/b', 'an address with a user or a password'],
    ['https://huggingface.co/a', 'https://localhost:8443/b', 'localhost:8443 on this machine'],
    ['https://huggingface.co/a', 'https://x.localhost/b', 'x.localhost on this machine'],
    ['https://huggingface.co/a', 'https://127.1/b', '127.0.0.1 on this machine'],
    ['https://huggingface.co/a', 'https://[::1]/b', '[::1] on this machine'],
    ['https://huggingface.co/a', 'https://[::ffff:127.0.0.1]/b', '[::ffff:7f00:1] on this machine'],
    ['https://huggingface.co/a', 'https://169.254.169.254/b', '169.254.169.254 on this machine'],
  ])('from %s to %s', (url, to, refused) => {
    expect(from(url, to)).toBe(refused);
  });

  test('within a hub on this machine, or without encryption, is its own affair', () => {
    expect(from('http://127.0.0.1:1/a', 'http://127.0.0.1:2/b', 'http://127.0.0.1:1')).toBeUndefined();
    expect(from('http://mirror.lan/a', 'http://cdn.lan/b', 'http://mirror.lan')).toBeUndefined();
  });
});
