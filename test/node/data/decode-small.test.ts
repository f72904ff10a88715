import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';

import { Rng } from '../../../src/base/rng.ts';
import type { Picture } from '../../../src/data/dataset.ts';
import { pictureFormatOf } from '../../../src/data/picture-format.ts';
import { pictureLimits } from '../../../src/data/picture-limits.ts';
import { imagenetPreprocessing, type Preprocessing } from '../../../src/data/preprocessing.ts';
import { decodeSmall } from '../../../src/node/data/decode-small.ts';
import { isQuick } from '../../../src/node/data/is-quick.ts';
import { seed } from '../../support/seed.ts';
import { bySharp } from './support/by-sharp.ts';

const limits = pictureLimits({});

async function small(bytes: Uint8Array): Promise<Picture | undefined> {
  const format = pictureFormatOf(bytes);
  if (format === undefined) throw new Error('no picture');
  return decodeSmall(bytes, format, limits);
}

const rng = Rng.of(seed, 'small');

/** Shades with some noise, as photographs have them. */
function photo(width: number, height: number): Sharp {
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => 100 + 70 * Math.sin(i / 41) + 40 * Math.sin(i / (3 * width)) + rng.int(30),
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A JPEG whose header gives its luma another sampling, of as many blocks. */
function resampled(jpeg: Uint8Array, from: number, to: number): Uint8Array {
  const bytes = Buffer.from(jpeg);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0, 0, 17]));
  expect(bytes[frame + 11]).toBe(from);
  bytes[frame + 11] = to;
  return bytes;
}

describe("small pictures get the decoders' bytes", () => {
  const { decoded } = JSON.parse(
    readFileSync(new URL('../../fixtures/pillow.json', import.meta.url), 'utf8'),
  ) as { decoded: { name: string; file: string; size: [number, number]; data: string }[] };
  const files = decoded.filter(({ name }) => /JPEG|PNG/.test(name) && !/CMYK|TIFF/.test(name));

  test("Pillow's, of every kind", async () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
    for (const { name, file, size, data } of files) {
      const picture = await small(Buffer.from(file, 'base64'));
      expect([picture?.width, picture?.height], name).toEqual(size);
      expect(Buffer.from(picture?.data ?? []).toString('base64'), name).toBe(data);
    }
  });

  test.each(['4:2:0', '4:4:4'])("sharp's, of JPEGs of %s", async (chromaSubsampling) => {
    for (const [width, height] of [
      [1, 1],
      [7, 16],
      [33, 18],
      [90, 61],
    ]) {
      for (const quality of [20, 75, 98]) {
        for (const progressive of [false, true]) {
          const orientation = 1 + rng.int(8);
          const bytes = await photo(width, height)
            .withMetadata({ orientation })
            .jpeg({ quality, progressive, chromaSubsampling })
            .toBuffer();
          const what = `${width}×${height}, ${quality}, progressive: ${progressive}, turned: ${orientation}`;
          const [ours, theirs] = [await small(bytes), await bySharp(bytes)];
          expect([ours?.width, ours?.height, ours?.channels], what).toEqual([
            ...[theirs.width, theirs.height, theirs.channels],
          ]);
          expect(Buffer.compare(ours?.data ?? Buffer.alloc(0), theirs.data), what).toBe(0);
        }
      }
    }
  });
});

describe('the rest is left to sharp', () => {
  test('what is large, of another format, CMYK, or sampled as libjpeg-turbo alone does it', async () => {
    expect(await small(await photo(513, 512).jpeg().toBuffer())).toBeUndefined();
    expect(await small(await photo(513, 512).png().toBuffer())).toBeUndefined();
    expect(await small(await photo(9, 9).webp().toBuffer())).toBeUndefined();
    expect(await small(await photo(9, 9).toColourspace('cmyk').jpeg().toBuffer())).toBeUndefined();
    const jpeg = await photo(64, 64).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer();
    expect(await small(jpeg)).toBeDefined();
    expect(await small(resampled(jpeg, 0x22, 0x14))).toBeUndefined();
    expect(await decodeSmall(jpeg, 'jpeg', { ...limits, maxPixels: 64 * 64 - 1 })).toBeUndefined();
  });

  test('what is not whole or has damage that shows, and those after it are decoded', async () => {
    const jpeg = await photo(40, 30).jpeg().toBuffer();
    const whole = await small(jpeg);
    const end = Buffer.from([0xff, 0xd9]);
    for (const length of [jpeg.length - 2, jpeg.length - 100, 300, 100, 20]) {
      expect(await small(jpeg.subarray(0, length)), `${length} bytes`).toBeUndefined();
      expect(await small(Buffer.concat([jpeg.subarray(0, Math.max(4, length - 100)), end]))).toBeUndefined();
    }
    // A table of Huffman codes that is none: libjpeg gives up in the middle.
    const table = Buffer.from(jpeg);
    table.fill(
      0xff,
      table.indexOf(Buffer.from([0xff, 0xc4])) + 5,
      table.indexOf(Buffer.from([0xff, 0xc4])) + 21,
    );
    expect(await small(table)).toBeUndefined();
    expect(await small(jpeg)).toEqual(whole);

    const png = await photo(20, 20).png().toBuffer();
    expect(await small(png)).toBeDefined();
    expect(await small(png.subarray(0, -12))).toBeUndefined();
    const damaged = Buffer.from(png);
    damaged[png.indexOf('IDAT') + 40] ^= 1;
    expect(await small(damaged)).toBeUndefined();
  });

  test('nothing stays in the global scope that a browser has', () => {
    expect('ImageData' in globalThis).toBe(false);
  });
});

test('quick are those whose file, pixels and resized pixels are few', async () => {
  const icons: Preprocessing = { ...imagenetPreprocessing, size: [32, 32], resize: 32 };
  const received = (bytes: Uint8Array) => ({ kind: 'bytes', bytes, name: undefined }) as const;
  const icon = await photo(43, 32).jpeg().toBuffer();
  expect(isQuick(received(icon), icons)).toBe(true);
  expect(isQuick(received(await photo(43, 32).png().toBuffer()), icons)).toBe(true);
  expect(isQuick(received(icon), imagenetPreprocessing)).toBe(false);
  expect(isQuick(received(await photo(129, 128).jpeg().toBuffer()), icons)).toBe(false);
  expect(isQuick(received(await photo(43, 32).webp().toBuffer()), icons)).toBe(false);
  expect(isQuick({ kind: 'file', path: 'icon.jpg' }, icons)).toBe(false);
  // Of one column many rows are made.
  expect(isQuick(received(await photo(1, 600).png().toBuffer()), icons)).toBe(false);
});
