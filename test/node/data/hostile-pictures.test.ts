import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';

import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { CardinalError, UnreadableError } from '../../../src/base/errors.ts';
import { checkSegments, jpegScans } from '../../../src/data/formats/jpeg-scans.ts';
import { pictureFormatOf } from '../../../src/data/picture-format.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { pictureDataset, subset, type PictureDataset } from '../../../src/data/source.ts';
import { createModel } from '../../../src/models/registry.ts';
import { classifierOf } from '../../../src/node/classifier.ts';
import type { Classifier } from '../../../src/use/classifier.ts';
import { checkPictures } from '../../../src/node/data/check.ts';
import { loadPicture, readPicture } from '../../../src/node/data/decode.ts';
import { joined } from '../../../src/data/joined.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { burdenedPictures, hostilePictures, manyScans } from '../../support/hostile-pictures.ts';
import { drawing, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';

const { path: root, remove } = temporaryFolder();
const preprocessing = defaultPreprocessing({ channels: 3, imageSize: 8, mean: [0, 0, 0], std: [1, 1, 1] });
const hostile = await hostilePictures();
const burdened = await burdenedPictures();
const good = join(root, 'good.png');
let classifier: Classifier;

beforeAll(async () => {
  await drawing([9, 8, 7]).png().toFile(good);
  for (const { name, bytes } of [...hostile, ...burdened])
    writeBytes(join(root, 'all', `${name}.jpg`), bytes);
  classifier = await classifierOf(
    {
      model: createModel('resnext_cifar', { layers: [1], planes: 8, numClasses: 2 }).initialize(1),
      description: { name: 'resnext_cifar', options: {} },
      classes: undefined,
    },
    { backend: createReferenceBackend(), preprocessing },
  );
});
afterAll(async () => {
  await classifier.dispose();
  remove();
});

/** The message of a refusal: one line of a `CardinalError`. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardinalError);
  const { message } = error as CardinalError;
  expect(message).not.toMatch(/\n/);
  return message;
}

function dataset(
  paths: readonly string[],
  limits?: { maxPixels: number; decodeSeconds: number },
): PictureDataset {
  return pictureDataset({
    name: 'pictures',
    classes: ['a', 'b'],
    labels: new Int32Array(paths.length),
    source: { kind: 'files', paths, limits },
    id: (index) => paths[index],
  });
}

describe('small files that want much', () => {
  test('are small', () => {
    for (const { bytes } of [...hostile, ...burdened]) expect(bytes.length).toBeLessThan(100_000);
  });

  test.each(hostile)(
    '$name is refused by its file, its bytes and a classifier',
    async ({ name, bytes, reason }) => {
      const path = join(root, 'all', `${name}.jpg`);
      const byPath = await refusal(loadPicture(path));
      expect(byPath).toMatch(reason);
      expect(byPath.startsWith(`cannot read the picture ${path}: `)).toBe(true);
      expect(await refusal(loadPicture(bytes))).toMatch(reason);
      expect(await refusal(classifier.classify(bytes))).toMatch(reason);
    },
  );

  test('are left out by a loader and listed by a check, each with its reason', async () => {
    const paths = [good, ...hostile.map(({ name }) => join(root, 'all', `${name}.jpg`))];
    const loader = createLoader(dataset(paths), {
      batchSize: 64,
      preprocessing,
      training: false,
      workers: 0,
    });
    for await (const { size } of loader.epoch(0)) expect(size).toBe(1);
    await loader.dispose();
    expect(loader.skipped.length).toBe(hostile.length);
    const checked = await checkPictures(dataset(paths));
    for (const [n, { reason }] of hostile.entries()) {
      expect(loader.skipped[n].reason).toMatch(reason);
      expect(checked[n].reason).toBe(loader.skipped[n].reason);
    }
  });

  test('none takes more than 64 MiB, what is read in spite of what lies beside its pixels included', async () => {
    const script = new URL('../../support/decode-all.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(root, 'all'), good]);
    const results = z
      .array(z.object({ name: z.string(), said: z.string(), grown: z.number() }))
      .parse(JSON.parse(stdout));
    expect(results.length).toBe(hostile.length + burdened.length);
    for (const { name, said, grown } of results) {
      expect(grown, `${name}: ${said}`).toBeLessThan(64 * 2 ** 20);
      if (burdened.some((one) => `${one.name}.jpg` === name)) expect(said).toBe('16×16');
    }
  });
});

describe('maxPixels', () => {
  test('lets the largest photos through and refuses what is one pixel larger', async () => {
    const at = join(root, '24×16.png');
    await drawing([9, 8, 7], 24, 16).png().toFile(at);
    expect((await loadPicture(at, { maxPixels: 384 })).width).toBe(24);
    expect(await refusal(loadPicture(at, { maxPixels: 383 }))).toBe(
      `cannot read the picture ${at}: it is 24×16 pixels (384), more than maxPixels, 383: raise it (\`maxPixels\`) if you trust the picture`,
    );
    const telephone = hostile.find(({ name }) => name === 'bmp-30000');
    const bytes = Buffer.from(telephone?.bytes ?? []);
    bytes.writeInt32LE(16_320, 18);
    bytes.writeInt32LE(12_240, 22);
    // It is not too large: only its pixels are missing.
    expect(await refusal(loadPicture(bytes))).toMatch(/it is truncated/);
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)('%s', async (format) => {
    const bytes = await drawing([9, 8, 7], 24, 16).toFormat(format).toBuffer();
    expect(pictureFormatOf(bytes)).toBe(format);
    expect((await loadPicture(bytes, { maxPixels: 384 })).height).toBe(16);
    expect(await refusal(loadPicture(bytes, { maxPixels: 383 }))).toMatch(/it is 24×16 pixels \(384\)/);
  });

  test('counts the first frame of an animation, and not the others', async () => {
    const frames = await Promise.all([1, 2, 3].map((n) => drawing([n, n, n], 8, 8).png().toBuffer()));
    const { default: sharp } = await import('sharp');
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await loadPicture(gif, { maxPixels: 64 })).height).toBe(8);
    expect(await refusal(loadPicture(gif, { maxPixels: 63 }))).toMatch(/it is 8×8 pixels/);
  });

  test('goes with the pictures of a folder, their parts and their sum', async () => {
    const folder = join(root, 'classes');
    await writeClasses(folder, { a: 4, b: 4 });
    const { train, val } = await openData(folder, { maxPixels: 100, valFraction: 0.25 });
    if (train === undefined || val === undefined) throw new Error('there are pictures of both');
    const reason = /it is 24×16 pixels \(384\), more than maxPixels, 100/;
    for (const part of [train, val, subset(train, Uint32Array.of(1), 'part'), joined([train, val], 'all')]) {
      expect(await refusal(readPicture(part, 0))).toMatch(reason);
    }
    for (const workers of [0, 1]) {
      const loader = createLoader(train, { batchSize: 2, preprocessing, training: false, workers });
      expect(await refusal(loader.epoch(0)[Symbol.asyncIterator]().next())).toMatch(reason);
      await loader.dispose();
    }
    expect(await refusal(openData(folder, { maxPixels: 100, strict: true }))).toMatch(reason);
    const model = createModel('resnext_cifar', { layers: [1], planes: 8, numClasses: 2 });
    expect(await refusal(trainOn(folder, model, { maxPixels: 100, batchSize: 2, preprocessing }))).toMatch(
      reason,
    );
    const opened = await openData(folder);
    expect(await refusal(trainOn(opened, model, { maxPixels: 100 }))).toBe(
      'maxPixels is for a path: pictures that are open already are split and read with the options that openData got',
    );
  });

  test('of a classifier holds for each of its pictures, unless a call has its own', async () => {
    const strict = await classifierOf(
      {
        model: createModel('resnext_cifar', { layers: [1], planes: 8, numClasses: 2 }).initialize(1),
        description: { name: 'resnext_cifar', options: {} },
        classes: undefined,
      },
      { backend: createReferenceBackend(), preprocessing, maxPixels: 100 },
    );
    expect(await refusal(strict.classify(good))).toMatch(/more than maxPixels, 100/);
    expect((await strict.classify(good, { maxPixels: 400 })).length).toBe(1);
    expect(await refusal(strict.classifyMany([good]))).toMatch(/more than maxPixels, 100/);
    for await (const { error } of strict.classifyEach([good], { maxPixels: 400 }))
      expect(error).toBeUndefined();
    await strict.dispose();
  });

  test('bounds the bytes of files and streams too', async () => {
    // 8 for each pixel, and 64 MiB.
    const path = join(root, 'sparse.png');
    writeFileSync(path, '');
    execFileSync('truncate', ['-s', '100M', path]);
    expect(await refusal(loadPicture(path, { maxPixels: 1000 }))).toMatch(
      /it has 104857600 bytes, at most 67116864 are expected/,
    );
    const endless = (function* () {
      for (;;) yield new Uint8Array(2 ** 24);
    })();
    const stream = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(endless.next()) }) };
    expect(await refusal(loadPicture(stream, { maxPixels: 1000 }))).toBe(
      'cannot read the picture: it has more than 67116864 bytes, the most that a picture of maxPixels, 1000, is expected to have',
    );
  });
});

describe.skipIf(process.platform === 'win32')('what is no ordinary file is refused at once', () => {
  test.each([
    ['a device', '/dev/zero', /it is a device, not a file/],
    ['a link to one', 'zero.jpg', /it is a device, not a file/],
    ['a pipe', 'pipe.jpg', /it is a pipe, not a file/],
    ['a folder', 'folder.jpg', /it is a folder, not a file/],
    ['a socket', 'socket.jpg', /it is a socket, not a file/],
  ])('%s', async (_, name, reason) => {
    const path = name.startsWith('/') ? name : join(root, name);
    if (name === 'zero.jpg') symlinkSync('/dev/zero', path);
    if (name === 'pipe.jpg') execFileSync('mkfifo', [path]);
    if (name === 'folder.jpg') mkdirSync(path);
    const server = createServer();
    if (name === 'socket.jpg') await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await refusal(loadPicture(path))).toMatch(reason);
    expect(await refusal(classifier.classify(path))).toMatch(reason);
    server.close();
  });

  test('beside CIFAR and IDX files', async () => {
    const cifar = join(root, 'cifar');
    mkdirSync(cifar);
    symlinkSync('/dev/zero', join(cifar, 'data_batch_1.bin'));
    // A link to a device is no file to the listing of the folder.
    expect(await refusal(openData(cifar))).toMatch(/is empty: expected class folders/);
    const idx = join(root, 'idx');
    writeBytes(join(idx, 'train-images-idx3-ubyte'), 'x');
    writeBytes(join(idx, 'train-labels-idx1-ubyte'), 'x');
    execFileSync('mkfifo', [join(idx, 'classes.json')]);
    expect(await refusal(openData(idx))).toMatch(/classes\.json: it is a pipe, not a file/);
  });
});

describe('segments of a JPEG', () => {
  const notes = (count: number, marker = 0xe1): Buffer =>
    Buffer.concat(Array.from({ length: count }, () => Buffer.from([0xff, marker, 0, 2])));

  test('as many as photos have are read, more are refused before a decoder sees them', async () => {
    const photo = await drawing([90, 80, 70], 64, 48).jpeg().toBuffer();
    const withNotes = (...given: readonly Buffer[]): Buffer =>
      Buffer.concat([photo.subarray(0, 2), ...given, photo.subarray(2)]);
    const own = 1;
    expect((await loadPicture(withNotes(notes(4096 - own)))).width).toBe(64);
    for (const hostile of [
      withNotes(notes(4097)),
      withNotes(notes(2000, 0xfe), notes(2000), notes(200, 0xef)),
    ]) {
      const error: unknown = await loadPicture(hostile).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnreadableError);
      expect(error).toMatchObject({
        message: 'cannot read the picture: it has more than 4096 segments beside the picture',
      });
    }
  });

  test('of millions, a few thousand are looked at', () => {
    let looks = 0;
    const bytes = new Proxy(Buffer.concat([Buffer.from([0xff, 0xd8]), notes(1_000_000)]), {
      get: (target, key) => {
        looks++;
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(() => {
      checkSegments(bytes);
    }).toThrow('it has more than 4096 segments');
    expect(looks).toBeLessThan(10 * 4096);
  });
});

describe('scans of a JPEG', () => {
  test('one of a usual photo, whatever lies in it; as many as there are of others', async () => {
    const photo = await drawing([90, 80, 70], 64, 48).jpeg().toBuffer();
    expect(jpegScans(photo, 100)).toBe(1);
    const progressive = await drawing([90, 80, 70], 64, 48).jpeg({ progressive: true }).toBuffer();
    // Each scan has a header with its marker; a small picture has no other place where the two bytes could be.
    const markers = progressive.toString('latin1').split('\xff\xda').length - 1;
    expect(markers).toBeGreaterThan(5);
    expect(jpegScans(progressive, 100)).toBe(markers);
    expect(jpegScans(progressive, 3)).toBe(3);
    expect(jpegScans(manyScans(64, 64, 77), 1000)).toBe(77);
    // A preview in a segment is none of the picture's.
    const segment = Buffer.from([0xff, 0xe1, (photo.length + 2) >> 8, (photo.length + 2) & 255, ...photo]);
    expect(jpegScans(Buffer.concat([photo.subarray(0, 2), segment, photo.subarray(2)]), 100)).toBe(1);
    for (let end = 0; end < progressive.length; end += 7) {
      expect(jpegScans(progressive.subarray(0, end), 100)).toBeLessThanOrEqual(markers);
    }
  });

  test('many of a small picture cost little', async () => {
    expect((await loadPicture(manyScans(64, 64, 2000))).width).toBe(64);
  });
});

test('CMYK with alpha keeps its colours', async () => {
  const pixels = Buffer.from([
    10, 20, 30, 40, 255, 200, 150, 100, 50, 0, 0, 0, 0, 0, 128, 255, 255, 255, 255, 9,
  ]);
  const inks = Buffer.from(pixels.filter((_, i) => i % 5 < 4));
  expect((await loadPicture(cmykTiff(pixels, 5))).data).toEqual((await loadPicture(cmykTiff(inks, 4))).data);
});

/** 4×1 pixels of four inks, and alpha if there are five samples. */
function cmykTiff(data: Buffer, samples: 4 | 5): Buffer {
  const entries: readonly (readonly number[])[] = [
    [256, 4, 1, 4],
    [257, 4, 1, 1],
    [258, 3, samples, 0],
    [259, 3, 1, 1],
    [262, 3, 1, 5],
    [273, 4, 1, 0],
    [277, 3, 1, samples],
    [278, 4, 1, 1],
    [279, 4, 1, data.length],
    ...(samples === 5 ? [[338, 3, 1, 2]] : []),
  ];
  const behind = 10 + 12 * entries.length + 4;
  const bytes = Buffer.alloc(behind + 2 * samples + data.length);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  for (const [n, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * n;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(tag === 258 ? behind : tag === 273 ? behind + 2 * samples : value, at + 8);
  }
  for (let n = 0; n < samples; n++) bytes.writeUInt16LE(8, behind + 2 * n);
  data.copy(bytes, behind + 2 * samples);
  return bytes;
}
