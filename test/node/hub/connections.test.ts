import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchFromHub } from '../../../src/node/hub/fetch.ts';
import type { HubProgress } from '../../../src/hub/source.ts';
import { sendFile, sha256 } from '../../support/fake-hub.ts';
import {
  breakAtHalf,
  failure,
  fetchWeights,
  half,
  part,
  setUpEach,
  setup,
  weights,
} from '../../support/hub-download.ts';
import { listFiles, someBytes } from '../../support/hub-folder.ts';

setUpEach();

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
      /^127\.0\.0\.1:\d+ cannot be reached: .*; tried 5 times; 39\.1 KiB are kept, the next try/,
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
      // Names a version, as a server may, and promises no content.
      response.setHeader('x-repo-commit', setup.hub.commit);
      if (seen.method !== 'GET') return sendFile(seen, response, bytes, '"a-version"');
      if (seen.range === undefined && etag === '"one"')
        return setup.hub.hold(response, bytes, half, { etag });
      return sendFile(seen, response, bytes, etag);
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
    expect(setup.warnings).toEqual([
      expect.stringMatching(/notes\.bin could not be verified: 127\.0\.0\.1:\d+ gives no hash of it$/),
    ]);
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
