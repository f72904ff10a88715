import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { workerPool } from '../../../src/node/data/pool.ts';
import { channelStatistics } from '../../../src/node/data/channel-statistics.ts';
import type * as regularFile from '../../../src/node/regular-file.ts';
import { temporaryFolder, writeClasses } from './support/sources.ts';

const { path: root, remove } = temporaryFolder();
beforeAll(() => writeClasses(join(root, 'photos'), { a: 4, b: 4 }));
afterAll(remove);

const system = vi.hoisted((): { code: string | undefined } => ({ code: undefined }));
vi.mock('../../../src/node/regular-file.ts', async (original) => {
  const real = await original<typeof regularFile>();
  const readRegular: typeof real.readRegular = (path, most) => {
    if (system.code === undefined || !path.endsWith('002.png')) return real.readRegular(path, most);
    return Promise.reject(Object.assign(new Error(system.code), { code: system.code }));
  };
  return { ...real, readRegular };
});

const preprocessing = defaultPreprocessing({
  ...{ channels: 3, pictureSize: [8, 8], imageSize: 8, mean: [0, 0, 0], std: [1, 1, 1] },
});

describe('a picture that cannot be read because of', () => {
  test.each([
    ['EMFILE', /^cannot read .*002\.png: this process has too many files open; /],
    ['ENFILE', /002\.png: the system has too many files open; /],
    ['ENOMEM', /002\.png: there is not enough memory$/],
  ])('%s is no damaged picture: nothing takes its place', async (code, message) => {
    system.code = undefined;
    const data = await openData(join(root, 'photos'), { valFraction: 0 });
    if (data.train === undefined) throw new Error('no pictures to train on');
    system.code = code;
    for (const training of [true, false]) {
      const loader = createLoader(data.train, { batchSize: 4, preprocessing, training, workers: 0 });
      const read = async (): Promise<void> => {
        for await (const { size } of loader.epoch(0)) expect(size).toBeGreaterThan(0);
      };
      await expect(read()).rejects.toThrow(message);
      expect(loader.skipped).toEqual([]);
      await loader.dispose();
    }
    await expect(channelStatistics(data.train, preprocessing)).rejects.toThrow(message);
  });

  test('a bad sector is one that is left out, aloud', async () => {
    system.code = undefined;
    const data = await openData(join(root, 'photos'), { valFraction: 0 });
    if (data.train === undefined) throw new Error('no pictures to train on');
    system.code = 'EIO';
    const loader = createLoader(data.train, { batchSize: 8, preprocessing, training: false, workers: 0 });
    for await (const { size } of loader.epoch(0)) expect(size).toBeGreaterThan(0);
    expect(loader.skipped.map(({ id }) => id)).toEqual([
      expect.stringMatching(/a.002\.png$/),
      expect.stringMatching(/b.002\.png$/),
    ]);
    await loader.dispose();
  });
});

test('and a thread tells of it as it is, too', async () => {
  const pool = workerPool(
    {
      spec: {
        ...{ preprocessing, augmentation: undefined, mix: undefined, classes: 1, seed: 3 },
        unreadable: 'replace',
      },
      source: { kind: 'files', paths: ['a', 'unreadable', 'starved'] },
      labels: new Int32Array(3),
      name: 'samples',
    },
    1,
    new URL('./support/stuck-worker.ts', import.meta.url),
  );
  const batchOf = (index: number) =>
    pool.assemble(
      { epoch: 0, batch: 0, indices: Uint32Array.of(index) },
      new Float32Array(new SharedArrayBuffer(4 * 192)),
      new Float32Array(new SharedArrayBuffer(4)),
    );
  const starved = batchOf(2);
  await expect(starved).rejects.toThrow(CardinalError);
  await expect(starved).rejects.toThrow(/^cannot read starved: this process has too many files open; /);
  expect((await batchOf(1)).failures).toEqual([{ index: 1, reason: 'not a picture' }]);
  await pool.dispose();
});
