import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchFromHub } from '../../../src/node/hub/fetch.ts';
import type { HubProgress } from '../../../src/hub/source.ts';
import { sha256 } from '../../support/fake-hub.ts';
import {
  breakAtHalf,
  failure,
  fetchWeights,
  half,
  leavePart,
  setUpEach,
  setup,
  small,
  weights,
} from '../../support/hub-download.ts';
import { listFiles } from '../../support/hub-folder.ts';

setUpEach();

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
