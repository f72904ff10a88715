import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../support/fake-hub.ts';
import {
  failure,
  fetchWeights,
  half,
  leavePart,
  part,
  setUpEach,
  setup,
  weights,
} from '../../support/hub-download.ts';
import { listFiles, someBytes } from '../../support/hub-folder.ts';

setUpEach();

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
      `hf:timm/net@${setup.hub.commit}/model.safetensors arrived damaged: expected SHA-256 ${sha256(weights)}, got ${sha256(other)}; it was deleted, try again`,
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
    expect(await failure()).toMatch(/sends more than the 100000 bytes of hf:.*; what arrived was deleted/);
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
