import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { fetchFromHub } from '../../src/node/hub/fetch.ts';
import type { HubFile, HubOptions, HubProgress } from '../../src/node/hub/repo.ts';
import { sendFile, sha256 } from '../support/fake-hub.ts';
import { listFiles, setUpHub, someBytes, type HubSetup } from '../support/hub-folder.ts';

const name = 'hf:timm/net/model.safetensors';
const weights = someBytes(100_000);
const small = someBytes(3_000, 2);
const half = 40_000;

let setup: HubSetup;
beforeEach(async () => {
  setup = await setUpHub();
  setup.hub.files.set('model.safetensors', { bytes: weights, large: true });
  setup.hub.files.set('config.json', { bytes: small, large: false });
});
afterEach(() => setup[Symbol.asyncDispose]());

function fetchWeights(options?: HubOptions): Promise<HubFile> {
  return fetchFromHub(name, setup.options(options));
}

/** Lets the client have `half` of a body, and breaks the connection when it says so. */
const breakAtHalf = {
  onProgress: ({ received }: HubProgress) => {
    if (received === half) setup.hub.hangUp();
  },
};

async function failure(options?: HubOptions, file = name): Promise<string> {
  const failed = fetchFromHub(file, setup.options(options));
  await expect(failed).rejects.toBeInstanceOf(CardinalError);
  const message = await failed.then(String, (error: unknown) => (error as Error).message);
  expect(message).not.toContain('\n');
  return message;
}

const part = (bytes: Uint8Array = weights) =>
  join(setup.folder, 'blobs', `${sha256(bytes)}.cardinal.incomplete`);

async function leavePart(bytes: Uint8Array): Promise<void> {
  await mkdir(join(setup.folder, 'blobs'), { recursive: true });
  await writeFile(part(), bytes);
}

describe('a download', () => {
  test('is laid out as huggingface_hub does it, and told of as it comes', async () => {
    const told: HubProgress[] = [];
    const { path, commit } = await fetchWeights({ onProgress: (progress) => told.push(progress) });
    expect(commit).toBe(setup.hub.commit);
    expect(path).toBe(join(setup.folder, 'snapshots', commit, 'model.safetensors'));
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(await listFiles(setup.folder)).toEqual({
      [`blobs/${sha256(weights)}`]: weights.length,
      [`snapshots/${commit}/model.safetensors`]: weights.length,
      'refs/main': 40,
    });
    expect(await readFile(join(setup.folder, 'refs', 'main'), 'utf8')).toBe(commit);
    expect(told[0]).toEqual({ file: 'model.safetensors', received: 0, total: weights.length });
    expect(told.at(-1)).toEqual({
      file: 'model.safetensors',
      received: weights.length,
      total: weights.length,
    });
    const received = told.map((progress) => progress.received);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(setup.warnings).toEqual([]);
  });

  test('of a small file keeps it under Git’s hash', async () => {
    const { path } = await fetchFromHub('hf:timm/net/config.json', setup.options());
    expect(new Uint8Array(await readFile(path))).toEqual(small);
    expect(setup.hub.seen.every(({ host }) => host === 'hub')).toBe(true);
  });

  test('of a file in a folder, whose name needs escaping', async () => {
    setup.hub.files.set('deep/a b#1%.bin', { bytes: small, large: false });
    const { path } = await fetchFromHub('hf:timm/net/deep/a b#1%.bin', setup.options());
    expect(path.endsWith(join('deep', 'a b#1%.bin'))).toBe(true);
    expect(new Uint8Array(await readFile(path))).toEqual(small);
  });

  test('of an empty file', async () => {
    setup.hub.files.set('empty', { bytes: new Uint8Array(), large: true });
    const { path } = await fetchFromHub('hf:timm/net/empty', setup.options());
    expect((await readFile(path)).length).toBe(0);
  });

  test('that is not told its length is taken by its hash', async () => {
    setup.hub.behaviour = ({ host, method, path }, response) => {
      if (host === 'hub') {
        response.writeHead(302, {
          'x-repo-commit': setup.hub.commit,
          'x-linked-etag': `"${sha256(weights)}"`,
          location: `${setup.hub.cdn}${path}`,
        });
        response.end();
      } else {
        response.writeHead(200);
        response.end(method === 'HEAD' ? '' : weights);
      }
      return true;
    };
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
  });
});

describe('a connection that breaks', () => {
  test('is taken up where it broke; bytes that came are not asked for again', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    const { path } = await fetchWeights(breakAtHalf);
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`]);
    expect(setup.pauses).toEqual([1]);
  });

  test('asks the hub each time, whose addresses expire', async () => {
    let refused = false;
    setup.hub.behaviour = ({ host, range }, response) => {
      if (host === 'cdn' && range === undefined) return setup.hub.hold(response, weights, half);
      if (host === 'cdn' && !refused) {
        refused = true;
        response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error>expired</Error>');
        return true;
      }
      return false;
    };
    await fetchWeights(breakAtHalf);
    expect(setup.hub.gets('hub').length).toBe(3);
  });

  test('again and again is given up after five times without a byte, and what came is kept for the next call', async () => {
    setup.hub.behaviour = ({ host, range }, response) => {
      if (host === 'cdn' && range === undefined) return setup.hub.hold(response, weights, half);
      if (host === 'cdn') response.destroy();
      return host === 'cdn';
    };
    const message = await failure(breakAtHalf);
    expect(message).toMatch(
      /^127\.0\.0\.1:\d+ cannot be reached: .*; tried 5 times; 39\.1 KiB are kept, the same command/,
    );
    expect(await listFiles(join(setup.folder, 'snapshots'))).toEqual({});
    expect(new Uint8Array(await readFile(part()))).toEqual(weights.subarray(0, half));

    setup.hub.behaviour = () => false;
    setup.hub.seen.length = 0;
    const told: number[] = [];
    const { path } = await fetchWeights({ onProgress: ({ received }) => told.push(received) });
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([`bytes=${half}-`]);
    expect(told[0]).toBe(half);
  });

  test('but brings something each time is not given up', async () => {
    const large = someBytes(2 ** 20 * 8);
    setup.hub.files.set('model.safetensors', { bytes: large, large: true });
    let held = 0;
    const step = 2 ** 20;
    setup.hub.behaviour = ({ host, range }, response) => {
      const first = Number(range?.match(/\d+/)?.[0] ?? 0);
      if (host !== 'cdn' || first + step >= large.length) return false;
      held = first + step;
      const head = { 'content-range': `bytes ${first}-${large.length - 1}/${large.length}` };
      return setup.hub.hold(response, large.subarray(first), step, first === 0 ? {} : head);
    };
    const { path } = await fetchWeights({
      onProgress: ({ received }) => {
        if (received === held) setup.hub.hangUp();
      },
    });
    expect(sha256(await readFile(path))).toBe(sha256(large));
    expect(setup.hub.gets('cdn').length).toBe(8);
  });

  test('without a hash goes on only with the same version, and does not use what another call left', async () => {
    let etag = '"one"';
    let bytes = weights;
    setup.hub.files.set('notes.bin', { bytes, large: false });
    setup.hub.behaviour = (seen, response) => {
      if (seen.method !== 'GET') return false;
      if (seen.range === undefined && etag === '"one"')
        return setup.hub.hold(response, bytes, half, { etag });
      sendFile(seen, response, bytes, etag);
      return true;
    };
    const options = {
      onProgress: ({ received }: HubProgress) => {
        if (received !== half) return;
        // While the connection is down, the file becomes another one of the same length.
        etag = '"two"';
        bytes = someBytes(weights.length, 3);
        setup.hub.hangUp();
      },
    };
    const { path } = await fetchFromHub('hf:timm/net/notes.bin', setup.options(options));
    expect(setup.hub.gets().map(({ range, ifRange }) => [range, ifRange])).toEqual([
      [undefined, undefined],
      [`bytes=${half}-`, '"one"'],
    ]);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });

  test('stands still: it is called off and taken up', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    const { path } = await fetchWeights({ timing: { idle: 150, tries: 50 } });
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').at(-1)?.range).toBe(`bytes=${half}-`);
  });

  test('never answers: says so', async () => {
    setup.hub.behaviour = () => true;
    expect(await failure({ timing: { answer: 50, tries: 2 } })).toMatch(
      /^127\.0\.0\.1:\d+ cannot be reached: nothing came for 0\.05 s; tried 2 times$/,
    );
  });

  test('is broken by the caller: the caller’s reason, and what came is kept', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    setup.hub.behaviour = ({ host }, response) => host === 'cdn' && setup.hub.hold(response, weights, half);
    const failed = fetchWeights({
      signal: controller.signal,
      onProgress: ({ received }) => {
        if (received === half) controller.abort(reason);
      },
    });
    await expect(failed).rejects.toBe(reason);
    expect(setup.pauses).toEqual([]);
    expect((await readFile(part())).length).toBe(half);
    expect(await listFiles(join(setup.folder, 'snapshots'))).toEqual({});
  });
});

describe('what an earlier call left', () => {
  test('is hashed with the rest', async () => {
    await leavePart(weights.subarray(0, half));
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([`bytes=${half}-`]);
    expect(await listFiles(join(setup.folder, 'blobs'))).toEqual({ [sha256(weights)]: weights.length });
  });

  test('and is whole needs no content', async () => {
    await leavePart(weights);
    await fetchWeights();
    expect(setup.hub.gets()).toEqual([]);
  });

  test('and is damaged is thrown away, and all of it fetched', async () => {
    await leavePart(new Uint8Array(half));
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([`bytes=${half}-`, undefined]);
    expect(setup.warnings).toEqual([expect.stringContaining('damaged: downloading all of it')]);
  });

  test('and is too long is thrown away', async () => {
    await leavePart(new Uint8Array(weights.length + 1));
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([undefined]);
  });
});

describe('a server that', () => {
  const onCdn = (answer: (response: ServerResponse, range: string | undefined) => void) => {
    setup.hub.behaviour = ({ host, range }, response) => {
      if (host === 'cdn') answer(response, range);
      return host === 'cdn';
    };
  };

  test('sends other bytes: refused by the hash, and nothing is left', async () => {
    const other = someBytes(weights.length, 9);
    onCdn((response) => response.end(other));
    expect(await failure()).toBe(
      `hf:timm/net@${setup.hub.commit}/model.safetensors came damaged: expected SHA-256 ${sha256(weights)}, got ${sha256(other)}; what came was deleted, try again`,
    );
    expect(await listFiles(setup.folder)).toEqual({});
  });

  test('ignores ranges: all of it comes again, and is right', async () => {
    await leavePart(weights.subarray(0, half));
    onCdn((response) => response.end(weights));
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
  });

  test.each([
    ['another range', 'bytes 0-99999/100000'],
    ['a range of another file', 'bytes 40000-99999/200000'],
    ['no range', undefined],
  ])('answers a range with %s: not believed', async (_, range) => {
    await leavePart(weights.subarray(0, half));
    onCdn((response, asked) => {
      if (asked === undefined) response.end(weights);
      else response.writeHead(206, range === undefined ? {} : { 'content-range': range }).end(weights);
    });
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
  });

  test('knows no such range: all of it', async () => {
    await leavePart(weights.subarray(0, half));
    onCdn((response, range) => (range === undefined ? response.end(weights) : response.writeHead(416).end()));
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
  });

  test('offers too little: refused, and what is there is kept', async () => {
    await leavePart(weights.subarray(0, half));
    onCdn((response) => response.writeHead(200, { 'content-length': 10 }).end(weights.subarray(0, 10)));
    expect(await failure()).toMatch(
      /offers 10 bytes of hf:timm.*, expected 100000: try again later; tried 5 times/,
    );
    expect((await readFile(part())).length).toBe(half);
  });

  test('ends early without saying so: the rest is asked for', async () => {
    setup.hub.behaviour = ({ host, range }, response) => {
      if (host !== 'cdn' || range !== undefined) return false;
      // In chunks, without a length.
      response.write(weights.subarray(0, half));
      response.end();
      return true;
    };
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`]);
  });

  test('ends early every time: says where', async () => {
    onCdn((response) => {
      response.write(weights.subarray(0, half));
      response.end();
    });
    expect(await failure()).toMatch(
      /ended hf:.* after 40000 bytes, expected 100000: try again; tried 5 times/,
    );
    expect(await listFiles(join(setup.folder, 'snapshots'))).toEqual({});
  });

  test('sends more than there is: refused, and nothing is left', async () => {
    onCdn((response) => {
      response.write(weights);
      response.end('more');
    });
    expect(await failure()).toMatch(/sends more than the 100000 bytes of hf:.*; what came was deleted/);
    expect(await listFiles(join(setup.folder, 'snapshots'))).toEqual({});
    expect((await readFile(part())).length).toBe(0);
  });

  test('sends a web page: says so, and what is there is kept', async () => {
    await leavePart(weights.subarray(0, half));
    onCdn((response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    );
    expect(await failure()).toMatch(
      /gives a web page, expected hf:.*: is there a login page or a proxy in between\?$/,
    );
    expect((await readFile(part())).length).toBe(half);
  });

  test('packs what it sends, though asked not to: unpacked, and its length and its parts are not believed', async () => {
    const packed = { 'content-encoding': 'gzip', 'content-range': `bytes ${half}-99999/100000` };
    await leavePart(weights.subarray(0, half));
    onCdn((response, range) => {
      const body = gzipSync(range === undefined ? weights : weights.subarray(half));
      response.writeHead(range === undefined ? 200 : 206, { ...packed, 'content-length': body.length });
      response.end(body);
    });
    const { path } = await fetchWeights();
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    expect(setup.hub.gets('cdn').map(({ range }) => range)).toEqual([`bytes=${half}-`, undefined]);
    expect(new Set(setup.hub.seen.map(({ acceptEncoding }) => acceptEncoding))).toEqual(
      new Set(['identity']),
    );
  });

  test('is no hub: says so', async () => {
    setup.hub.behaviour = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end();
      return true;
    };
    expect(await failure()).toMatch(/answers without X-Repo-Commit, so it is no hub: check HF_ENDPOINT/);
  });

  test.each([`../../evil`, `a/b`, '..', 'x'.repeat(300)])('names a blob %s: refused', async (etag) => {
    setup.hub.behaviour = (_, response) => {
      response.writeHead(200, { 'x-repo-commit': setup.hub.commit, etag: `"${etag}"` }).end();
      return true;
    };
    expect(await failure()).toMatch(/answers without ETag/);
    expect(await listFiles(setup.home)).toEqual({});
  });

  test('names a commit that is a path: refused', async () => {
    setup.hub.behaviour = (_, response) => {
      response.writeHead(200, { 'x-repo-commit': '../../../evil', etag: '"abc"' }).end();
      return true;
    };
    expect(await failure()).toMatch(/answers without X-Repo-Commit/);
  });
});

describe('a hub that says', () => {
  const answer = (status: number, head: Record<string, string> = {}, times = Infinity) => {
    let left = times;
    setup.hub.behaviour = ({ host }, response) => {
      if (host !== 'hub' || left-- <= 0) return false;
      response.writeHead(status, head).end();
      return true;
    };
  };

  test('gated: what to accept, and the token', async () => {
    answer(403, { 'x-error-code': 'GatedRepo' });
    expect(await failure()).toBe(
      `${name} is gated: accept its terms at ${setup.hub.endpoint}/timm/net, and set HF_TOKEN to a token of that account`,
    );
    expect(setup.hub.seen.length).toBe(1);
  });

  test.each([401, 403])('%i: the token', async (status) => {
    answer(status);
    expect(await failure()).toMatch(/refuses hf:timm\/net\/model\.safetensors \(40[13]\): .*set HF_TOKEN/);
    expect(await failure({ env: { HF_TOKEN: 'hf_secret' } })).toMatch(
      /or HF_TOKEN is of no account that may read it$/,
    );
  });

  test('404: what was looked for, where', async () => {
    expect(await failure({}, 'hf:timm/net/other.bin')).toBe(
      `there is no hf:timm/net/other.bin: nothing at ${setup.hub.endpoint}/timm/net/resolve/main/other.bin`,
    );
    expect(await failure({}, 'hf:timm/nett/other.bin')).toMatch(
      /^there is no repository for hf:timm\/nett\/other\.bin on/,
    );
    expect(await failure({}, 'hf:timm/net@v2/other.bin')).toMatch(
      /^there is no such revision for hf:timm\/net@v2\/other\.bin/,
    );
    expect(setup.pauses).toEqual([]);
  });

  test('429 with Retry-After: waits as long as it says', async () => {
    answer(429, { 'retry-after': '7' }, 2);
    await fetchWeights();
    expect(setup.pauses).toEqual([7000, 7000]);
  });

  test('429 with the hub’s own header: waits as long as it says', async () => {
    answer(429, { ratelimit: '"resolvers";r=0;t=55' }, 1);
    await fetchWeights();
    expect(setup.pauses).toEqual([55_000]);
  });

  test('429 for an hour: does not wait', async () => {
    answer(429, { 'retry-after': '3600' });
    expect(await failure()).toMatch(
      /asks for fewer requests \(429\) for 3600 s: try again later, or set HF_TOKEN/,
    );
    expect(setup.pauses).toEqual([]);
  });

  test.each([500, 502, 503])('%i: tries again with longer pauses, then gives up', async (status) => {
    answer(status, {}, 3);
    await fetchWeights();
    expect(setup.pauses).toEqual([1, 2, 3]);
    setup.hub.files.set('b', { bytes: small, large: true });
    answer(status);
    expect(await failure({}, 'hf:timm/net/b')).toMatch(
      /is in trouble \(50\d\) .*: try again later; tried 5 times$/,
    );
  });

  test('go round in circles: stops', async () => {
    setup.hub.behaviour = ({ path }, response) => {
      response.writeHead(302, { location: path }).end();
      return true;
    };
    expect(await failure()).toMatch(/redirects more than 10 times/);
    expect(setup.hub.seen.length).toBe(11);
  });

  test.each(['file:///etc/passwd', 'http://'])('go to %s: refused', async (location) => {
    answer(302, { location });
    expect(await failure()).toMatch(/redirects to what is no web address$/);
  });
});

describe('a host that', () => {
  test('refuses connections: says so', async () => {
    await setup.hub.stop();
    const endpoint = await freeAddress();
    expect(await failure({ env: { HF_ENDPOINT: endpoint } })).toBe(
      `${endpoint.slice('http://'.length)} cannot be reached: connection refused; tried 5 times`,
    );
  });

  test('does not exist: says so', async () => {
    expect(await failure({ env: { HF_ENDPOINT: 'http://nowhere.invalid' } })).toMatch(
      /^nowhere\.invalid cannot be reached: .*check the network/,
    );
  });
});

describe('the token', () => {
  const env = { HF_TOKEN: 'hf_secret' };
  const sent = (host: 'hub' | 'cdn') =>
    new Set(setup.hub.seen.filter((seen) => seen.host === host).map(({ authorization }) => authorization));

  test('goes to the hub and never to another host', async () => {
    setup.hub.behaviour = ({ host, range }, response) =>
      host === 'cdn' && range === undefined && setup.hub.hold(response, weights, half);
    await fetchWeights({ env, ...breakAtHalf });
    expect(sent('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(setup.hub.gets('cdn').length).toBe(2);
    expect(sent('cdn')).toEqual(new Set([undefined]));
  });

  test('does not follow a redirect of the metadata either, but one within the hub', async () => {
    setup.hub.behaviour = ({ host, path }, response) => {
      if (host === 'cdn') return false;
      if (path.startsWith('/timm/net/'))
        response.writeHead(307, { location: path.replace('/net/', '/moved/') });
      // To another port, without a word about the file.
      else response.writeHead(302, { location: `${setup.hub.cdn}/model.safetensors` });
      response.end();
      return true;
    };
    await failure({ env });
    expect(sent('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(setup.hub.seen.map(({ host }) => host)).toEqual(['hub', 'hub', 'cdn']);
    expect(sent('cdn')).toEqual(new Set([undefined]));
  });

  test('is in no message', async () => {
    setup.hub.behaviour = (_, response) => {
      response.writeHead(403).end();
      return true;
    };
    expect(await failure({ env })).not.toContain('hf_secret');
  });
});

/** An address where nobody listens. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
