import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CardinalError } from '../../../src/base/errors.ts';
import { encodeIdx } from '../../../src/data/idx.ts';
import { withChannels } from '../../../src/data/transforms/grey.ts';
import { checkPictures } from '../../../src/node/data/check.ts';
import { loadPicture, readPicture } from '../../../src/node/data/decode.ts';
import type { OpenOptions } from '../../../src/data/open-data.ts';
import { openData } from '../../../src/node/data/open.ts';
import { channelStatistics, fitPreprocessing } from '../../../src/node/data/channel-statistics.ts';
import { cifarFile, drawing, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';

let root = '';
let remove = (): void => undefined;
beforeEach(() => {
  ({ path: root, remove } = temporaryFolder());
});
afterEach(() => {
  remove();
});

/** The one-line error that opening `root` ends with. */
async function refusal(options?: OpenOptions, path = root): Promise<string> {
  const error: unknown = await openData(path, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CardinalError)) throw new Error('no CardinalError', { cause: error });
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('class folders', () => {
  test('one level: sorted classes, a seeded split of every class, nothing but pictures', async () => {
    await writeClasses(root, { zebra: 20, ant: 10, bee: 1 });
    await writeClasses(join(root, 'ant', 'more'), { deep: 2 });
    writeBytes(join(root, 'ant', 'notes.txt'), 'x');
    writeBytes(join(root, 'ant', '.hidden.png'), 'x');
    writeBytes(join(root, '.git', 'x.png'), 'x');
    const data = await openData(root, { seed: 3 });
    expect(data).toMatchObject({ kind: 'folders', channels: 3, valHeldOut: true });
    expect(data.classes).toEqual(['ant', 'bee', 'zebra']);
    const count = (labels: Int32Array | undefined): number[] =>
      [0, 1, 2].map((label) => labels?.filter((l) => l === label).length ?? -1);
    expect(count(data.train?.labels)).toEqual([11, 1, 18]);
    expect(count(data.val?.labels)).toEqual([1, 0, 2]);
    expect(data.test).toBeUndefined();

    const ids = (dataset = data.val): string[] =>
      Array.from({ length: dataset?.length ?? 0 }, (_, i) => dataset?.id(i) ?? '');
    const again = await openData(root, { seed: 3 });
    expect(ids(again.val)).toEqual(ids());
    const other = await openData(root, { seed: 4 });
    expect(ids(other.val)).not.toEqual(ids());
    expect(new Set([...ids(), ...ids(data.train)]).size).toBe(33);
    expect((await openData(root, { valFraction: 0 })).train?.length).toBe(33);
  });

  test('train, validation and test inside', async () => {
    await writeClasses(join(root, 'Train'), { a: 3, b: 2 });
    await writeClasses(join(root, 'validation'), { b: 1 });
    await writeClasses(join(root, 'testing'), { a: 1, b: 1 });
    const data = await openData(root);
    expect([data.train?.length, data.val?.length, data.test?.length]).toEqual([5, 1, 2]);
    expect(data.valHeldOut).toBe(false);
    expect(data.val?.label(0)).toBe(1);
    expect(data.val?.id(0)).toBe(join(root, 'validation', 'b', '000.png'));
  });

  test('a class may be called train', async () => {
    await writeClasses(root, { car: 2, train: 2, bus: 2 });
    expect((await openData(root)).classes).toEqual(['bus', 'car', 'train']);
  });

  test('only a test folder, numbered by the classes of a network', async () => {
    await writeClasses(join(root, 'test'), { b: 1, c: 1 });
    const data = await openData(root, { classes: ['a', 'b', 'c'] });
    expect(data.train).toBeUndefined();
    expect([...(data.test?.labels ?? [])]).toEqual([1, 2]);
    expect(await refusal({ classes: ['a', 'bat'] })).toMatch(
      /test: the class 'b' is not among the 2 classes of the network/,
    );
  });

  test('links are followed, circles and broken ones are not', async () => {
    await writeClasses(join(root, 'data'), { a: 2, b: 2 });
    await writeClasses(join(root, 'elsewhere'), { pictures: 3 });
    symlinkSync(join(root, 'elsewhere', 'pictures'), join(root, 'data', 'c'));
    symlinkSync(join(root, 'data'), join(root, 'data', 'a', 'circle'));
    symlinkSync(join(root, 'nowhere.png'), join(root, 'data', 'b', 'broken.png'));
    const data = await openData(join(root, 'data'), { valFraction: 0 });
    expect(data.classes).toEqual(['a', 'b', 'c']);
    expect([...(data.train?.labels ?? [])]).toEqual([0, 0, 1, 1, 2, 2, 2]);
  });

  test('what cannot be used is refused in one line', async () => {
    expect(await refusal({}, join(root, 'missing'))).toBe(`no such folder: ${join(root, 'missing')}`);
    expect(await refusal()).toMatch(/is empty: expected class folders .* CIFAR .* IDX/);
    writeBytes(join(root, 'a.jpg'), 'x');
    expect(await refusal()).toMatch(/holds 1 pictures but no class folders: expected .*<class>\/<picture>/);
    expect(await refusal({}, join(root, 'a.jpg'))).toMatch(/is a file: expected the folder/);
    mkdirSync(join(root, 'cats'));
    expect(await refusal()).toMatch(/none of its 1 folders holds a picture/);
    await writeClasses(root, { cats: 2 });
    expect(await refusal()).toMatch(/at least two class folders, found one: 'cats'/);
    mkdirSync(join(root, 'dogs'));
    expect(await refusal()).toMatch(/dogs holds no picture/);
    expect(await refusal({ valFraction: 1 })).toMatch(/at least 0 and less than 1, got 1/);
  });

  test('splits that do not fit are refused', async () => {
    await writeClasses(join(root, 'train'), { cat: 1, dog: 1 });
    await writeClasses(join(root, 'val'), { cat: 1, dgo: 1 });
    expect(await refusal()).toMatch(/val: the class 'dgo' is not among .* of .*train; the nearest is 'dog'/);
    mkdirSync(join(root, 'valid'));
    expect(await refusal()).toMatch(/val and .*valid are both a val split/);
  });

  test('split folders without class folders are refused', async () => {
    await writeClasses(root, { train: 2, test: 1 });
    expect(await refusal()).toMatch(/holds pictures but no class folders/);
  });
});

describe('picture files', () => {
  const color = [200, 100, 50] as const;

  /** The dark left and the bright right pixel of the middle row, rounded to tens. */
  async function colorsOf(name: string, bytes: Uint8Array): Promise<number[]> {
    const path = join(root, name);
    writeBytes(path, bytes);
    const { data, width, height, channels } = await loadPicture(path);
    expect([width, height, channels, data.length]).toEqual([24, 16, 3, 24 * 16 * 3]);
    const pixel = (x: number): number[] => [...data.subarray((8 * 24 + x) * 3, (8 * 24 + x) * 3 + 3)];
    return [...pixel(3), ...pixel(20)].map((value) => Math.round(value / 10) * 10);
  }

  test.each(['png', 'jpeg', 'webp', 'gif', 'avif'] as const)('%s', async (format) => {
    const colors = await colorsOf(`p.${format}`, await drawing(color).toFormat(format).toBuffer());
    [100, 50, 25, 200, 100, 50].forEach((value, i) => {
      expect(Math.abs(colors[i] - value)).toBeLessThanOrEqual(15);
    });
  });

  test('grey, 16 bit and CMYK become RGB bytes', async () => {
    const grey = await colorsOf(
      'grey.png',
      await drawing([120, 120, 120]).toColourspace('b-w').png().toBuffer(),
    );
    expect(grey).toEqual([60, 60, 60, 120, 120, 120]);
    const deep = await colorsOf('deep.png', await drawing(color).toColourspace('rgb16').png().toBuffer());
    expect(deep).toEqual([100, 50, 30, 200, 100, 50]);
    const cmyk = await colorsOf('cmyk.jpg', await drawing(color).toColourspace('cmyk').jpeg().toBuffer());
    [100, 50, 25, 200, 100, 50].forEach((value, i) => {
      expect(Math.abs(cmyk[i] - value)).toBeLessThanOrEqual(30);
    });
  });

  test('16-bit grey keeps its high byte', async () => {
    const values = Uint16Array.from({ length: 24 * 16 }, (_, i) => (i * 40_503) & 0xffff);
    const raw = { width: 24, height: 16, channels: 1 } as const;
    const png = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    const { data } = await loadPicture(png);
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([...values].map((value) => value >> 8));
  });

  test('alpha is dropped, as convert(RGB) of Pillow drops it', async () => {
    const bytes = await drawing(color).ensureAlpha(0.5).png().toBuffer();
    expect(await colorsOf('alpha.png', bytes)).toEqual([100, 50, 30, 200, 100, 50]);
  });

  // Made by scripts/fixtures/pillow.py: files, and what Pillow's `convert('RGB')` makes of them.
  const { decoded } = JSON.parse(
    readFileSync(new URL('../../fixtures/pillow.json', import.meta.url), 'utf8'),
  ) as {
    decoded: { name: string; file: string; size: [number, number]; data: string }[];
  };
  test.each(decoded)("$name gives Pillow's bytes", async ({ file, size, data }) => {
    const picture = await loadPicture(Uint8Array.from(Buffer.from(file, 'base64')));
    expect([picture.width, picture.height]).toEqual(size);
    expect([...withChannels(picture, 3).data]).toEqual([...Buffer.from(data, 'base64')]);
  });

  test('EXIF rotation is applied', async () => {
    // Orientation 6: the stored picture has to be turned by 90° clockwise, so its dark left half ends on top.
    writeBytes(
      join(root, 'turned.jpg'),
      await drawing(color).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(),
    );
    const { width, height, data } = await loadPicture(join(root, 'turned.jpg'));
    expect([width, height]).toEqual([16, 24]);
    expect(data[3 * (3 * 16 + 8)]).toBeLessThan(120);
    expect(data[3 * (20 * 16 + 8)]).toBeGreaterThan(180);
  });

  test('truncated, foreign, empty and missing files give one line with the reason', async () => {
    const refused = async (name: string, bytes?: Uint8Array): Promise<string> => {
      const path = join(root, name);
      if (bytes) writeBytes(path, bytes);
      const error: unknown = await loadPicture(path).catch((thrown: unknown) => thrown);
      if (!(error instanceof CardinalError)) throw new Error(`${name} was read`, { cause: error });
      expect(error.message).not.toContain('\n');
      return error.message;
    };
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif'] as const) {
      const whole = await drawing(color, 64, 64).toFormat(format).toBuffer();
      const path = join(root, `cut.${format}`);
      const message = await refused(`cut.${format}`, whole.subarray(0, Math.floor(whole.length * 0.6)));
      expect(message).toContain(`cannot read the picture ${path}: `);
    }
    expect(await refused('text.png', Buffer.from('no picture'))).toMatch(/not a picture of a known format/);
    expect(await refused('empty.png', new Uint8Array())).toMatch(/it is empty/);
    expect(await refused('missing.png')).toMatch(/no such file/);
  });

  test('strict refuses what checkPictures finds', async () => {
    await writeClasses(root, { a: 5, b: 5 });
    writeBytes(join(root, 'b', '002.png'), readFileSync(join(root, 'b', '003.png')).subarray(0, 60));
    const data = await openData(root, { valFraction: 0 });
    if (!data.train) throw new Error('no training pictures');
    const [unreadable, ...more] = await checkPictures(data.train);
    expect(unreadable).toMatchObject({ index: 7, id: join(root, 'b', '002.png') });
    expect(more).toEqual([]);
    expect(await refusal({ strict: true })).toMatch(/002\.png cannot be read: /);
  });
});

describe('CIFAR binary', () => {
  test('CIFAR-10 from the folder or its parent, pixels from planes to pixels', async () => {
    const folder = join(root, 'cifar-10-batches-bin');
    writeBytes(join(folder, 'data_batch_1.bin'), cifarFile([[3], [0]]));
    writeBytes(join(folder, 'data_batch_2.bin'), cifarFile([[9], [3]]));
    writeBytes(join(folder, 'test_batch.bin'), cifarFile([[1]]));
    for (const path of [root, folder]) {
      const data = await openData(path, { valFraction: 0 });
      expect(data).toMatchObject({ kind: 'cifar10', channels: 3, pictureSize: [32, 32] });
      expect(data.classes[9]).toBe('truck');
      expect([...(data.train?.labels ?? [])]).toEqual([3, 0, 9, 3]);
      expect(data.train?.id(3)).toBe('data_batch_2.bin#1');
      if (!data.train) throw new Error('no training pictures');
      const { data: pixels } = await readPicture(data.train, 3);
      expect([...pixels.subarray(0, 4)]).toEqual([1, 2, 3, 1]);
      expect(data.test?.length).toBe(1);
    }
  });

  test('CIFAR-100 has fine labels, and names beside it', async () => {
    writeBytes(
      join(root, 'train.bin'),
      cifarFile([
        [1, 99],
        [0, 5],
      ]),
    );
    const numbered = await openData(root, { valFraction: 0 });
    expect([numbered.kind, numbered.classes[99]]).toEqual(['cifar100', '99']);
    expect([...(numbered.train?.labels ?? [])]).toEqual([99, 5]);
    const names = Array.from({ length: 100 }, (_, i) => `name${i}`);
    writeBytes(join(root, 'fine_label_names.txt'), `${names.join('\n')}\n`);
    expect((await openData(root)).classes).toEqual(names);
  });

  test('a held-out part is drawn from the training file alone', async () => {
    writeBytes(join(root, 'data_batch_1.bin'), cifarFile(Array.from({ length: 40 }, (_, i) => [i % 10])));
    const data = await openData(root, { seed: 5 });
    expect([data.train?.length, data.val?.length]).toEqual([30, 10]);
    if (!data.val) throw new Error('no validation pictures');
    const record = Number(data.val.id(4).split('#')[1]);
    expect(record % 10).toBe(data.val.label(4));
    expect((await readPicture(data.val, 4)).data[0]).toBe(record);
  });

  test('truncation and labels out of range name file, record, expected and got', async () => {
    const file = join(root, 'data_batch_1.bin');
    writeBytes(file, cifarFile([[1], [2]]).subarray(0, 5000));
    expect(await refusal()).toBe(`${file} is truncated: expected records of 3073 bytes, record 1 has 1927`);
    writeBytes(file, cifarFile([[1], [10]]));
    expect(await refusal()).toBe(`${file}, record 1: expected a label from 0 to 9, got 10`);
    writeBytes(file, new Uint8Array());
    expect(await refusal()).toMatch(/data_batch_1\.bin is empty/);
    writeBytes(file, cifarFile([[1]]));
    expect(await refusal({ classes: ['a', 'b'] })).toMatch(/has 10 classes, expected the 2 of the network/);
  });
});

describe('IDX', () => {
  const images = (count: number): Uint8Array =>
    encodeIdx(
      [count, 4, 3],
      Uint8Array.from({ length: count * 12 }, (_, i) => i),
    );
  const labels = (...values: number[]): Uint8Array => encodeIdx([values.length], Uint8Array.from(values));

  function writePair(split: string, zipped: boolean, pictures: Uint8Array, classes: Uint8Array): void {
    const ending = zipped ? '.gz' : '';
    writeBytes(join(root, `${split}-images-idx3-ubyte${ending}`), zipped ? gzipSync(pictures) : pictures);
    writeBytes(join(root, `${split}-labels-idx1-ubyte${ending}`), zipped ? gzipSync(classes) : classes);
  }

  test('zipped or not, with dots or dashes, named or numbered', async () => {
    writePair('train', true, images(3), labels(0, 2, 1));
    writeBytes(join(root, 't10k-images.idx3-ubyte'), images(2));
    writeBytes(join(root, 't10k-labels.idx1-ubyte'), labels(1, 1));
    const data = await openData(root, { valFraction: 0 });
    expect(data).toMatchObject({ kind: 'idx', channels: 1, pictureSize: [4, 3], classes: ['0', '1', '2'] });
    if (!data.test) throw new Error('no test pictures');
    expect(await readPicture(data.test, 1)).toMatchObject({ width: 3, height: 4, channels: 1 });
    expect((await readPicture(data.test, 1)).data[0]).toBe(12);
    writeBytes(join(root, 'classes.txt'), 'zero\none\ntwo\n');
    expect((await openData(root)).classes).toEqual(['zero', 'one', 'two']);
    expect((await openData(root, { classes: ['zero', 'one', 'two'] })).classes[2]).toBe('two');
    expect(await refusal({ classes: ['zero', 'two', 'one'] })).toMatch(/class 1 is 'one', expected .* 'two'/);
    writeBytes(join(root, 'classes.json'), '["only"]');
    expect(await refusal()).toMatch(/classes\.json: Too small/);
  });

  test('wrong files name themselves, what was expected and what came', async () => {
    writePair('train', false, labels(1, 2), labels(0, 1));
    expect(await refusal()).toMatch(/train-images-idx3-ubyte is .*(magic|truncated)/);
    writePair('train', false, images(2), images(2));
    expect(await refusal()).toMatch(
      /no IDX file of labels: expected the magic number 0x00000801, got 0x00000803/,
    );
    writePair('train', false, images(2).subarray(0, 30), labels(0, 1));
    expect(await refusal()).toMatch(
      /is truncated: its header says 2×4×3 = 24 bytes of data, the file has 14/,
    );
    writePair('train', false, images(2), labels(0, 1, 1));
    expect(await refusal()).toMatch(/expected 2 labels, one for each picture of .*, got 3/);
    writePair('train', false, images(2), labels(0, 1));
    writePair('t10k', false, images(2), labels(0, 7));
    expect(await refusal()).toMatch(/t10k-labels-idx1-ubyte, record 1: expected a label from 0 to 1, got 7/);
  });

  test('a missing partner and a broken gzip file', async () => {
    writeBytes(join(root, 'train-images-idx3-ubyte'), images(2));
    expect(await refusal()).toMatch(/the label file that belongs to train-images-idx3-ubyte is missing/);
    writeBytes(join(root, 'train-labels-idx1-ubyte.gz'), gzipSync(labels(0, 1)).subarray(0, 20));
    expect(await refusal()).toMatch(/cannot be unzipped/);
    const more = Buffer.concat([labels(0, 1), Buffer.alloc(2 ** 25)]);
    writeBytes(join(root, 'train-labels-idx1-ubyte.gz'), gzipSync(more));
    expect(await refusal()).toMatch(/idx1-ubyte\.gz unzips to more bytes than its header says$/);
    writeBytes(join(root, 'train-labels-idx1-ubyte.gz'), gzipSync(Buffer.alloc(2 ** 25)));
    expect(await refusal()).toMatch(
      /no IDX file of labels: expected the magic number 0x00000801, got 0x00000000/,
    );
  });

  test('the bundled sample: every class equally often', async () => {
    const path = new URL('../../../data/fashion-mnist-sample', import.meta.url).pathname;
    const data = await openData(path, { valFraction: 0 });
    const counts = (all: Int32Array | undefined): number[] =>
      data.classes.map((_, label) => all?.filter((l) => l === label).length ?? -1);
    expect(data.classes[9]).toBe('Ankle boot');
    expect(counts(data.train?.labels)).toEqual(new Array(10).fill(600));
    expect(counts(data.test?.labels)).toEqual(new Array(10).fill(100));
    const { mean, std } = await fitPreprocessing(data);
    // Published for the whole of Fashion-MNIST: 0.2860 and 0.3530.
    expect(Math.abs(mean[0] - 0.286)).toBeLessThan(0.01);
    expect(Math.abs(std[0] - 0.353)).toBeLessThan(0.01);
  });
});

test('statistics of two known colours, a broken picture passed over', async () => {
  await writeClasses(root, { a: 1, b: 1 });
  const halves = (color: [number, number, number]): Promise<Buffer> => drawing(color).png().toBuffer();
  writeBytes(join(root, 'a', '000.png'), await halves([0, 100, 255]));
  writeBytes(join(root, 'b', '000.png'), await halves([0, 100, 255]));
  writeBytes(join(root, 'b', '001.png'), 'broken');
  const data = await openData(root, { valFraction: 0 });
  if (!data.train) throw new Error('no training pictures');
  const { mean, std } = await channelStatistics(data.train, {
    channels: 3,
    size: [16, 24],
    resize: null,
    interpolation: 'bilinear',
    mean: [0, 0, 0],
    std: [1, 1, 1],
  });
  expect(mean).toEqual([0, 0.2941, 0.749]);
  // Halves of 50 and 100: deviation 25/255; halves of 127 and 255: 64/255; black does not vary.
  expect(std).toEqual([1, 0.098, 0.251]);
});
