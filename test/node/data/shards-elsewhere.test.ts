import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import type { OpenData } from '../../../src/data/open-data.ts';
import { keyOf, type PictureDataset } from '../../../src/data/source.ts';
import { checkPictures } from '../../../src/node/data/check.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { openData } from '../../../src/node/data/open.ts';
import { packShards } from '../../../src/node/data/shards/pack-shards.ts';
import type { HubOptions } from '../../../src/node/hub/repo.ts';
import { sendFile } from '../../support/fake-hub.ts';
import { setUpHub, type HubSetup } from '../../support/hub-folder.ts';
import { drawing, writeBytes, writeClasses } from './support/sources.ts';

let setup: HubSetup;
let root = '';
beforeEach(async () => {
  setup = await setUpHub();
  root = join(setup.home, 'work');
});
afterEach(() => setup[Symbol.asyncDispose]());

function options(env: Record<string, string> = {}): HubOptions {
  return setup.options({ env: { CARDINAL_CACHE: join(setup.home, 'cache'), ...env } });
}

function open(path: string, env?: Record<string, string>): Promise<OpenData> {
  return openData(path, { valFraction: 0 }, options(env));
}

function trainOf({ train }: OpenData): PictureDataset {
  if (train === undefined) throw new Error('no training pictures');
  return train;
}

async function refusal(path: string, env?: Record<string, string>): Promise<string> {
  const error: unknown = await open(path, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CardinalError)) throw new Error('no CardinalError', { cause: error });
  expect(error.message).not.toContain('\n');
  return error.message.replaceAll(setup.home, '');
}

/** A table as the `datasets` library writes it: pictures whose colour is their number, in groups of rows. */
async function table(
  labels: readonly (number | null)[],
  {
    names,
    codec = 'SNAPPY',
    damaged,
  }: { names?: string[]; codec?: 'SNAPPY' | 'UNCOMPRESSED'; damaged?: number } = {},
): Promise<Uint8Array> {
  const images = await Promise.all(
    labels.map(async (_, n) => ({
      bytes: n === damaged ? new Uint8Array(50) : new Uint8Array(await drawing([n, n, n]).png().toBuffer()),
      path: `${n}.png`,
    })),
  );
  const features = {
    image: { _type: 'Image' },
    label: { _type: 'ClassLabel', ...(names === undefined ? {} : { names }) },
  };
  const columnData: ColumnSource[] = [
    { name: 'image', data: images },
    { name: 'label', data: labels.map((label) => (label === null ? null : BigInt(label))) },
  ];
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
      ],
      codec,
      rowGroupSize: 4,
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
    }),
  );
}

/** The red of each picture of a dataset, which is its number, with its class. */
async function colours(dataset: PictureDataset | undefined): Promise<[number, string][]> {
  if (dataset === undefined) return [];
  return Promise.all(
    Array.from(dataset.labels, async (label, index): Promise<[number, string]> => {
      const { data } = await readPicture(dataset, index);
      return [data[data.length - 1], dataset.classes[label]];
    }),
  );
}

describe('tables of pictures', () => {
  test('are converted once, with the names of their classes; damaged pictures are counted', async () => {
    writeBytes(
      join(root, 'data', 'train-00000-of-00002.parquet'),
      await table([0, 1, 2, 1, 0, 2], { names: ['a', 'b', 'c'] }),
    );
    writeBytes(
      join(root, 'data', 'train-00001-of-00002.parquet'),
      await table([2, 2], { damaged: 1, codec: 'UNCOMPRESSED' }),
    );
    writeBytes(join(root, 'data', 'test-00000-of-00001.parquet'), await table([-1, null]));
    const data = await open(root);
    expect(data).toMatchObject({ kind: 'shards', classes: ['a', 'b', 'c'], val: undefined, test: undefined });
    expect(
      (await colours(data.train && { ...data.train, labels: data.train.labels.slice(0, 7) })).slice(0, 7),
    ).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
      [3, 'b'],
      [4, 'a'],
      [5, 'c'],
      [0, 'c'],
    ]);
    expect(data.leftOut).toMatchObject([{ kind: 'unlabelled-picture', split: 'test', count: 2 }]);
    expect((await checkPictures(trainOf(data))).map(({ index }) => index)).toEqual([7]);
    expect(setup.warnings).toEqual([expect.stringMatching(/is converted to tar archives in .*converted/)]);
    const again = await open(root);
    expect(again.train?.id(3)).toBe(data.train?.id(3));
    expect(setup.warnings).toHaveLength(1);
    expect(
      readdirSync(join(setup.home, 'cache', 'converted')).filter((name) => name.endsWith('.tmp')),
    ).toEqual([]);
    // One that changed is converted anew.
    writeBytes(join(root, 'data', 'test-00000-of-00001.parquet'), await table([1, 0]));
    expect(await colours((await open(root)).test)).toEqual([
      [0, 'b'],
      [1, 'a'],
    ]);
  });

  test('what is wrong is one line, and nothing is kept of it', async () => {
    const path = join(root, 'a.parquet');
    const whole = await table([0, 1, 0, 1, 0, 1]);
    const opened = async (bytes: Uint8Array): Promise<string> => {
      writeBytes(path, bytes);
      return refusal(path);
    };
    expect(await opened(whole.subarray(0, 300))).toBe('/work/a.parquet is no Parquet file, or is truncated');
    expect(await opened(new TextEncoder().encode('x'.repeat(100)))).toMatch(/is no Parquet file/);
    const head = whole.slice();
    head.set([0xff, 0xff, 0xff], head.length - 8);
    expect(await opened(head)).toMatch(/a\.parquet is damaged: its head has \d+ bytes, of \d+ in all$/);
    const inside = whole.slice();
    inside.fill(0xff, 4, 200);
    expect(await opened(inside)).toMatch(/^\/work\/a\.parquet cannot be read as Parquet: /);
    const other = parquetWriteBuffer({ columnData: [{ name: 'text', data: ['a', 'b'], type: 'STRING' }] });
    expect(await opened(new Uint8Array(other))).toBe(
      '/work/a.parquet has no column of pictures (image): it has text',
    );
    expect(
      existsSync(join(setup.home, 'cache', 'converted')) &&
        readdirSync(join(setup.home, 'cache', 'converted')).filter((name) => !name.endsWith('.lock')),
    ).toEqual([]);
  });
});

describe('the hub', () => {
  const address = 'hf:datasets/timm/net';

  test('a data set: its tables, of one commit, downloaded and converted once; one split; without a network', async () => {
    const names = ['a', 'b'];
    setup.hub.files.set('data/train-00000-of-00001.parquet', {
      bytes: await table([0, 1, 1], { names }),
      large: true,
    });
    setup.hub.files.set('data/validation-00000-of-00001.parquet', {
      bytes: await table([1, 0], { names }),
      large: true,
    });
    setup.hub.files.set('README.md', { bytes: new Uint8Array(10), large: false });
    const data = await open(address);
    expect(data).toMatchObject({ path: address, classes: names, valHeldOut: false });
    expect(await colours(data.train)).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'b'],
    ]);
    expect(data.val?.length).toBe(2);
    expect(
      existsSync(join(setup.home, 'hf', 'hub', 'datasets--timm--net', 'snapshots', setup.hub.commit)),
    ).toBe(true);
    const before = setup.hub.gets().length;
    await open(address);
    expect(setup.hub.gets('cdn')).toHaveLength(2);
    expect(setup.hub.gets()).toHaveLength(before + 1);
    expect((await open(address, { HF_HUB_OFFLINE: '1' })).train?.length).toBe(3);
    const part = await open(`${address}@main/data:validation`);
    expect([part.train, part.val?.length]).toEqual([undefined, 2]);
    expect(await refusal(`${address}:test`)).toBe(
      `${address}:test: there is no split test, there are train, val`,
    );
    expect(await refusal('hf:timm/net')).toBe(
      'hf:timm/net names weights on the hub: data is hf:datasets/owner/name',
    );
    expect(await refusal('hf:datasets/timm/other')).toMatch(/hf:datasets\/timm\/other/);
    await setup.hub.stop();
    setup.warnings.length = 0;
    expect((await open(address)).train?.length).toBe(3);
    expect(setup.warnings).toEqual([
      expect.stringMatching(/going on with what the cache has of hf:datasets\/timm\/net$/),
    ]);
  });

  test('a data set of several kinds, or of none', async () => {
    setup.hub.files.set('README.md', { bytes: new Uint8Array(10), large: false });
    expect(await refusal(address)).toMatch(/has neither tables \(\.parquet\) nor archives/);
    for (const folder of ['small', 'large']) {
      setup.hub.files.set(`${folder}/train-0.parquet`, { bytes: await table([0, 1]), large: true });
    }
    expect(await refusal(address)).toBe(
      `${address} has data in large, small: name one of these folders behind a slash`,
    );
    expect((await open(`${address}/small`)).train?.length).toBe(2);
  });

  test('a data set of archives', async () => {
    await writeClasses(join(root, 'in'), { a: 2, b: 2 });
    await packShards(await open(join(root, 'in')), { out: join(root, 'out'), shards: 2, seed: 0 });
    for (const name of readdirSync(join(root, 'out'))) {
      setup.hub.files.set(name, {
        bytes: new Uint8Array(readFileSync(join(root, 'out', name))),
        large: name.endsWith('.tar'),
      });
    }
    expect(await open(address)).toMatchObject({ classes: ['a', 'b'], train: { length: 4 } });
  });
});

describe('archives at an address', () => {
  test('are downloaded once, as long as they are what they were', async () => {
    await writeClasses(join(root, 'in'), { a: 3, b: 3 });
    await packShards(await open(join(root, 'in')), { out: join(root, 'out'), shards: 3, seed: 0 });
    let etag = 'one';
    setup.hub.behaviour = (seen, response) => {
      const path = join(root, 'out', seen.path.replace('/some/', ''));
      if (seen.path.startsWith('/some/') && existsSync(path)) {
        return sendFile(seen, response, new Uint8Array(readFileSync(path)), `"${etag}"`);
      }
      response.writeHead(404).end();
      return true;
    };
    const address = `${setup.hub.endpoint}/some/train-{000000..000002}.tar`;
    const data = await open(address);
    expect(data).toMatchObject({ path: address, classes: ['a', 'b'] });
    const local = await open(join(root, 'out'));
    const keys = ({ train }: OpenData): string[] =>
      Array.from(train?.labels ?? [], (_, index) => (train === undefined ? '' : keyOf(train, index)));
    expect(keys(data)).toEqual(keys(local));
    expect(await colours(data.train)).toEqual(await colours(local.train));
    const gets = (): number => setup.hub.gets().length;
    expect(gets()).toBe(4);
    await open(address);
    expect(gets()).toBe(4);
    etag = 'two';
    await open(address);
    expect(gets()).toBe(8);
    expect(await refusal(address.replace('000002}', '000003}'))).toBe(
      `there is no ${setup.hub.endpoint}/some/train-000003.tar (404)`,
    );
    expect(await refusal(`${setup.hub.endpoint}/some/train`)).toMatch(/which ends in \.tar$/);
    // One that is cut short on its way is not taken for whole.
    writeFileSync(join(root, 'out', 'train-000001.tar'), 'x');
    etag = 'three';
    expect(await refusal(address)).toMatch(/train-000001\.tar is .*tar archive/);
    await setup.hub.stop();
    expect(await refusal(address)).toMatch(/train-000001\.tar is .*tar archive/);
  });
});
