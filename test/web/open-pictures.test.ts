import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CardinalError, UsageError } from '../../src/base/errors.ts';
import { encodeIdx } from '../../src/data/idx.ts';
import { leftOutLine } from '../../src/data/left-out.ts';
import { openDataFrom, openDataParts, type OpenData, type OpenOptions } from '../../src/data/open-data.ts';
import { keyOf, type PictureDataset } from '../../src/data/source.ts';
import { readPicture } from '../../src/node/data/decode.ts';
import { openData } from '../../src/node/data/open.ts';
import { recordOf } from '../../src/node/data/record-pictures.ts';
import type { DirectoryHandleLike, PageFile } from '../../src/web/page/file-tree.ts';
import { openPictures, type PicturesSource } from '../../src/web/page/open-pictures.ts';
import { cifarFile, temporaryFolder, writeBytes, writeClasses } from '../node/data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
const photos = join(root, 'photos');
const splits = join(root, 'splits');

beforeAll(async () => {
  await writeClasses(photos, { zebra: 20, ant: 11, Bee: 3 });
  await writeClasses(join(photos, 'ant', 'more'), { deep: 2 });
  writeBytes(join(photos, 'ant', 'notes.txt'), 'x');
  writeBytes(join(photos, 'zebra', 'raw.heic'), 'x');
  writeBytes(join(photos, 'zebra', '.hidden.png'), 'x');
  writeBytes(join(photos, 'loose.png'), 'x');
  writeBytes(join(photos, 'Thumbs.db'), 'x');
  mkdirSync(join(photos, '.git'));
  await writeClasses(join(splits, 'Train'), { a: 3, b: 2 });
  await writeClasses(join(splits, 'validation'), { b: 1 });
  await writeClasses(join(splits, 'testing'), { a: 1, b: 1 });
  await writeClasses(join(splits, 'other'), { c: 1 });
});
afterAll(remove);

/** The files below a folder, as `<input webkitdirectory>` gives them: in no order in particular. */
function chosen(folder: string): PageFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const webkitRelativePath = path.slice(dirname(folder).length + 1);
      return Object.assign(new File([readFileSync(path)], entry.name), { webkitRelativePath });
    })
    .reverse();
}

/** A handle of a folder as browsers have it, for this test alone. */
function handle(folder: string): DirectoryHandleLike {
  return {
    kind: 'directory',
    name: basename(folder),
    async *values() {
      for (const entry of readdirSync(folder, { withFileTypes: true }).reverse()) {
        const path = join(folder, entry.name);
        yield await Promise.resolve(
          entry.isDirectory()
            ? handle(path)
            : {
                kind: 'file',
                name: entry.name,
                getFile: () => Promise.resolve(new File([readFileSync(path)], entry.name)),
              },
        );
      }
    },
  };
}

/** What must be the same of a folder in Node and in a page. */
function factsOf(data: OpenData): unknown {
  const { kind, classes, channels, pictureSize, valHeldOut, heldOut, leftOut } = data;
  const facts = (dataset: PictureDataset | undefined): unknown =>
    dataset && {
      labels: [...dataset.labels],
      keys: Array.from(dataset.labels, (_, index) => keyOf(dataset, index)),
    };
  return {
    ...{ kind, classes, channels, pictureSize, valHeldOut, heldOut, left: leftOutLine(leftOut) },
    splits: [data.train, data.val, data.test].map(facts),
  };
}

describe('the same data as the folder has in Node', () => {
  const forms: Readonly<Record<string, (folder: string) => PicturesSource>> = { chosen, handle };
  test.each(Object.keys(forms))('%s', async (form) => {
    for (const [folder, options] of [
      [photos, {}],
      [photos, { seed: 3, valFraction: 0.3 }],
      [photos, { valFraction: 0, classes: ['Bee', 'ant', 'cow', 'zebra'] }],
      [splits, {}],
    ] as const) {
      const inNode = await openData(folder, options);
      const inPage = await openPictures(forms[form](folder), options);
      expect(factsOf(inPage)).toEqual(factsOf(inNode));
      // What a checkpoint keeps of them: names and contents.
      expect(await recordOf(inPage)).toEqual(await recordOf(inNode));
    }
  });

  test('files by their classes', async () => {
    const named = (name: string): File[] =>
      readdirSync(join(splits, 'Train', name)).map(
        (file) => new File([readFileSync(join(splits, 'Train', name, file))], file),
      );
    const inPage = await openPictures({ b: named('b'), a: named('a').values() });
    const inNode = await openData(join(splits, 'Train'));
    expect(factsOf(inPage)).toEqual(factsOf(inNode));
    expect(await recordOf(inPage)).toEqual(await recordOf(inNode));
    const nested = await openPictures(
      { train: { a: named('a'), b: named('b') }, test: { a: named('a'), b: { deep: named('b') } } },
      { valFraction: 0 },
    );
    expect([nested.train?.length, nested.test?.length]).toEqual([5, 5]);
  });

  test('after it was sent to a worker', async () => {
    const sent = structuredClone(openDataParts(await openPictures(chosen(photos))));
    const received = await openDataFrom(sent);
    const inNode = await openData(photos);
    expect(factsOf(received)).toEqual(factsOf(inNode));
    expect(received.val?.id(1)).toBe(`photos/${received.val?.key?.(1)}`);
    if (!received.train || !inNode.train) throw new Error('no training pictures');
    expect(await readPicture(received.train, 5)).toEqual(await readPicture(inNode.train, 5));
  });
});

test('files of one name in a class get numbers, blobs without a name the ending of their type', async () => {
  const blob = (type: string): Blob => new Blob(['x'], { type });
  const file = new File(['x'], 'a.jpg');
  const data = await openPictures(
    { one: [file, file, file], two: [blob('image/png'), blob('image/webp')] },
    { valFraction: 0 },
  );
  const { train } = data;
  expect(Array.from(train?.labels ?? [], (_, index) => train?.key?.(index))).toEqual([
    'one/a (2).jpg',
    'one/a (3).jpg',
    'one/a.jpg',
    'two/1.png',
    'two/2.webp',
  ]);
});

describe('records', () => {
  const cifar = join(root, 'cifar');
  const idx = join(root, 'idx');
  beforeAll(() => {
    for (const [name, first] of [
      ['data_batch_1.bin', 0],
      ['data_batch_2.bin', 3],
      ['test_batch.bin', 5],
    ] as const) {
      writeBytes(join(cifar, name), cifarFile(Array.from({ length: 70 }, (_, i) => [(i + first) % 10])));
    }
    const images = encodeIdx(
      [60, 4, 3],
      Uint8Array.from({ length: 60 * 12 }, (_, i) => (7 * i) & 255),
    );
    const labels = encodeIdx(
      [60],
      Uint8Array.from({ length: 60 }, (_, i) => i % 3),
    );
    writeBytes(join(idx, 'train-images-idx3-ubyte.gz'), gzipSync(images));
    writeBytes(join(idx, 'train-labels-idx1-ubyte.gz'), gzipSync(labels));
    writeBytes(join(idx, 't10k-images.idx3-ubyte'), images);
    writeBytes(join(idx, 't10k-labels.idx1-ubyte'), labels);
    writeFileSync(join(idx, 'classes.json'), '["shoe", "bag", "coat"]');
  });

  test.each([
    ['CIFAR', () => cifar],
    ['IDX', () => idx],
  ])('%s: labels at once, pixels in a worker', async (_, folder) => {
    const inNode = await openData(folder());
    const flat = readdirSync(folder()).map((name) => new File([readFileSync(join(folder(), name))], name));
    const inPage = await openPictures(flat);
    expect(factsOf(inPage)).toEqual(factsOf(inNode));
    if (!inPage.train || !inPage.val || !inNode.train) throw new Error('no training pictures');
    await expect(readPicture(inPage.train, 0)).rejects.toThrow(UsageError);
    const received = await openDataFrom(structuredClone(openDataParts(inPage)));
    if (!received.train || !received.val || !received.test) throw new Error('a split is missing');
    expect(await recordOf(received)).toEqual(await recordOf(inNode));
    expect(await readPicture(received.train, 17)).toEqual(await readPicture(inNode.train, 17));
    // Read once for both.
    expect(received.train.source).toMatchObject({ kind: 'memory' });
    if (received.train.source.kind === 'memory' && received.val.source.kind === 'memory') {
      expect(received.val.source.bytes).toBe(received.train.source.bytes);
    }
  });

  test('that are damaged are refused, by the page or by the worker', async () => {
    const file = (name: string, bytes: Uint8Array): File =>
      new File([bytes as Uint8Array<ArrayBuffer>], name);
    const whole = cifarFile([[1], [2]]);
    await expect(openPictures([file('data_batch_1.bin', whole.subarray(0, 5000))])).rejects.toThrow(
      'pictures/data_batch_1.bin is truncated: expected records of 3073 bytes, record 1 has 1927',
    );
    await expect(openPictures([file('data_batch_1.bin', cifarFile([[1], [10]]))])).rejects.toThrow(
      'pictures/data_batch_1.bin, record 1: expected a label from 0 to 9, got 10',
    );
    const images = gzipSync(encodeIdx([3, 2, 2], new Uint8Array(12)));
    const labels = encodeIdx([3], Uint8Array.of(0, 1, 1));
    const pair = (pictures: Uint8Array): File[] => [
      file('train-images-idx3-ubyte.gz', pictures),
      file('train-labels-idx1-ubyte', labels),
    ];
    const cut = openPictures(pair(images.subarray(0, images.length - 12)));
    await expect(cut.then((data) => openDataFrom(openDataParts(data)))).rejects.toThrow(
      /images-idx3-ubyte\.gz cannot be unzipped, it is truncated or no gzip file$|unexpected end/,
    );
    const long = await openPictures(pair(gzipSync(encodeIdx([3, 2, 2], new Uint8Array(13)))));
    await expect(openDataFrom(openDataParts(long))).rejects.toThrow(/expected 12 bytes of records, got more/);
    await expect(openPictures(pair(gzipSync(encodeIdx([2, 2, 2], new Uint8Array(8)))))).rejects.toThrow(
      /expected 2 labels, one for each picture/,
    );
  });
});

test('what cannot be opened is refused in one line', async () => {
  const refusal = async (source: unknown, options?: OpenOptions): Promise<string> => {
    const error: unknown = await openPictures(source as PicturesSource, options).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(CardinalError);
    return (error as CardinalError).message;
  };
  const file = new File(['x'], 'a.jpg');
  expect(await refusal(undefined)).toMatch(
    /^openPictures: expected files by their classes, .* got undefined$/,
  );
  expect(await refusal(file)).toMatch(/got .*File/);
  expect(await refusal({ cats: [file], dogs: file })).toMatch(/expected files for 'dogs': an array/);
  expect(await refusal({ cats: [file], dogs: ['a.jpg'] })).toMatch(/expected a File or a Blob, got/);
  expect(await refusal({ cats: [file], 'a/b': [file] })).toMatch(/expected the name of a class/);
  expect(await refusal({ cats: [file] })).toMatch(/needs at least two class folders, found one: 'cats'/);
  expect(await refusal({ cats: [file], dogs: [] })).toMatch(/^pictures\/dogs holds no picture/);
  expect(await refusal([file, file])).toMatch(/^pictures holds 2 pictures but no class folders/);
  expect(await refusal(chosen(photos), { strict: true })).toMatch(
    /^photos: not everything in it is read, the first/,
  );
  expect(await refusal({ cats: [file], dogs: [file] }, { valFraction: 2 })).toMatch(/validation share/);
});
