import { afterEach, expect, test, vi } from 'vitest';

import { imagenetPreprocessing, type Preprocessing } from '../../../src/data/preprocessing.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { temporaryFolder, writeBytes } from './support/sources.ts';

const asked = vi.hoisted(() => ({ times: 0 }));
vi.mock('../../../src/node/sharp.ts', () => ({
  findSharp: () => {
    asked.times++;
  },
  loadSharp: () => {
    throw new Error('sharp is not installed');
  },
}));

const { path: root, remove } = temporaryFolder();
afterEach(remove);

test('bitmaps and PPM pictures need no sharp; a folder with others says at once what is missing', async () => {
  for (const [name, red] of [
    ['cat', 10],
    ['dog', 200],
  ] as const) {
    const ppm = Buffer.concat([Buffer.from('P6 2 1 255\n'), Buffer.from([red, 1, 2, red, 3, 4])]);
    const bmp = Buffer.alloc(54 + 8);
    bmp.write('BM');
    for (const [at, value] of Object.entries({ 10: 54, 14: 40, 18: 2, 22: 1 }))
      bmp.writeUInt32LE(value, Number(at));
    bmp.writeUInt16LE(24, 28);
    bmp.set([2, 1, red, 4, 3, red], 54);
    writeBytes(`${root}/${name}/a.ppm`, ppm);
    writeBytes(`${root}/${name}/b.bmp`, bmp);
  }
  const preprocessing: Preprocessing = {
    ...imagenetPreprocessing,
    size: [1, 2],
    resize: null,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  const options = { batchSize: 4, preprocessing, training: false, workers: 0 };
  const { train } = await openData(root, { valFraction: 0 });
  expect(asked.times).toBe(0);
  if (train === undefined) throw new Error('no pictures');
  const loader = createLoader(train, options);
  for await (const { input, size } of loader.epoch(0)) {
    expect(size).toBe(4);
    const expected = [10, 10, 200, 200].flatMap((red) => [red, 1, 2, red, 3, 4]);
    expect(Array.from(input, (value) => Math.round(255 * value))).toEqual(expected);
  }
  expect(loader.skipped).toEqual([]);

  writeBytes(`${root}/cat/c.png`, 'x');
  const more = await openData(root, { valFraction: 0 });
  if (more.train === undefined) throw new Error('no pictures');
  const { train: withPng } = more;
  expect(() => createLoader(withPng, options)).toThrow('sharp is not installed');
});
