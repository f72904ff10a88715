import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { CardinalError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import { decodeRuns } from '../../src/data/formats/bmp-runs.ts';
import { checkRuns } from '../../src/data/formats/limits.ts';
import { loadPicture } from '../../src/node/data/decode.ts';
import { seed } from '../support/seed.ts';

// What Pillow reads is compared with it byte for byte in pillow-live.test.ts and ../node/data/readers.test.ts.

describe('runs of a bitmap, worked by hand', () => {
  test('bytes: a run, a jump, indices as they are with a byte to fill up, the ends of row and picture', () => {
    const raster = Uint8Array.of(2, 7, 0, 2, 1, 0, 1, 9, 0, 0, 0, 3, 4, 5, 6, 0, 0, 2, 0, 1, 1, 8, 0, 1);
    expect([...decodeRuns(raster, 4, 4, false)]).toEqual([7, 7, 0, 9, 4, 5, 6, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  });

  test('nibbles: both of a byte in turn, and an odd number of them as they are', () => {
    const raster = Uint8Array.of(3, 0x12, 0, 0, 0, 5, 0x34, 0x56, 0x70, 0, 0, 1);
    expect([...decodeRuns(raster, 5, 2, true)]).toEqual([1, 2, 1, 0, 0, 3, 4, 5, 6, 7]);
  });

  test('what lies beyond a row is dropped, what is missing is told', () => {
    expect([...decodeRuns(Uint8Array.of(9, 1, 0, 1), 2, 2, false)]).toEqual([1, 1, 0, 0]);
    expect(() => decodeRuns(Uint8Array.of(2, 1, 0), 2, 2, false)).toThrow('truncated');
  });
});

test('a large bitmap of one colour is nothing but runs, and read', () => {
  const row = Uint8Array.from({ length: 2 * 16 + 2 }, (_, i) => (i < 32 ? [255, 7][i % 2] : 0));
  const raster = Uint8Array.from({ length: 4080 * row.length }, (_, i) => row[i % row.length]);
  checkRuns(4080, 4080, raster.length);
  expect(decodeRuns(raster, 4080, 4080, false).every((index) => index === 7)).toBe(true);
});

describe('files that are no good', () => {
  const bmp = (change: (view: DataView) => void, pixels = 12): Uint8Array => {
    const bytes = new Uint8Array(54 + pixels);
    const view = new DataView(bytes.buffer);
    bytes.set([0x42, 0x4d]);
    view.setUint32(10, 54, true);
    view.setUint32(14, 40, true);
    view.setInt32(18, 2, true);
    view.setInt32(22, 1, true);
    view.setUint16(28, 24, true);
    change(view);
    return bytes;
  };

  test.each<[string, Uint8Array, RegExp]>([
    [
      'too large',
      bmp((view) => {
        view.setInt32(18, 2 ** 30, true);
        view.setInt32(22, 2 ** 30, true);
      }),
      /it is 1073741824×1073741824 pixels \(.* million\), more than maxPixels, 200 million: raise it/,
    ],
    [
      'no width',
      bmp((view) => {
        view.setInt32(18, 0, true);
      }),
      /its size is 0×1/,
    ],
    [
      'cut short',
      bmp((view) => {
        view.setInt32(22, 9, true);
      }),
      /truncated/,
    ],
    [
      '3 bits',
      bmp((view) => {
        view.setUint16(28, 3, true);
      }),
      /3 bits a pixel are not supported/,
    ],
    [
      'JPEG inside',
      bmp((view) => {
        view.setUint32(30, 4, true);
      }),
      /BMP compression 4 is not supported/,
    ],
    [
      'runs of 24 bits',
      bmp((view) => {
        view.setUint32(30, 1, true);
      }),
      /BMP compression 1 with 24 bits/,
    ],
    [
      'runs that claim far more than they hold',
      bmp((view) => {
        view.setInt32(18, 14_000, true);
        view.setInt32(22, 14_000, true);
        view.setUint16(28, 8, true);
        view.setUint32(30, 1, true);
        view.setUint16(54, 0x0100, true);
      }),
      /bytes of runs, too few for 14000×14000 pixels/,
    ],
    [
      'a huge PPM',
      Buffer.from('P6\n99999 99999\n255\nabc'),
      /it is 99999×99999 pixels \(9999.8 million\), more than maxPixels, 200 million: raise it/,
    ],
    ['a cut PPM', Buffer.from('P6\n2 2\n255\nabc'), /truncated/],
    ['a cut text PPM', Buffer.from('P2\n200 200\n255\n1 2 3'), /truncated/],
    [
      'a PGM of too large values',
      Buffer.from('P2\n2 1\n9\n1 10'),
      /it holds 10, more than its largest value 9/,
    ],
    ['a PPM without levels', Buffer.from('P6\n1 1\n0\nabc'), /its largest value is 0/],
    ['a PPM with words', Buffer.from('P6\none 1\n'), /its header is damaged/],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /it is a HEIC, expected JPEG, PNG/],
  ])('%s', async (_, bytes, reason) => {
    await expect(loadPicture(bytes)).rejects.toThrow(reason);
    await expect(loadPicture(bytes)).rejects.toBeInstanceOf(CardinalError);
  });

  test('3,000 damaged files are read or refused, never with another error', async () => {
    const { decoded } = JSON.parse(
      readFileSync(new URL('../fixtures/pillow.json', import.meta.url), 'utf8'),
    ) as { decoded: { name: string; file: string }[] };
    const files = decoded.filter(({ name }) => /BMP|PPM|PGM|PBM|TIFF/.test(name));
    const rng = Rng.of(seed, 'damage');
    for (let n = 0; n < 3000; n++) {
      const bytes = Uint8Array.from(Buffer.from(files[n % files.length].file, 'base64'));
      // Mostly in the header, without making a picture of many pixels of it.
      for (let hits = 1 + rng.int(3); hits > 0; hits--) {
        bytes[rng.float() < 0.7 ? rng.int(Math.min(70, bytes.length)) : rng.int(bytes.length)] = rng.int(256);
      }
      const whole = rng.float() < 0.7 ? bytes : bytes.subarray(0, rng.int(bytes.length));
      await loadPicture(whole).then(
        ({ width, height, channels, data }) => {
          expect(data.length).toBe(width * height * channels);
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(CardinalError);
          expect(String(error)).not.toMatch(/undefined|Offset is outside|Invalid typed array|NaN/);
        },
      );
    }
  });
});
