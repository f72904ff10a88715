import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';

import { Rng } from '../../src/base/rng.ts';
import { decodePng } from '../../src/data/formats/png.ts';
import { withChannels } from '../../src/data/transforms/grey.ts';
import { bySharp } from '../node/data/support/by-sharp.ts';
import { seed } from '../support/seed.ts';

const { decoded } = JSON.parse(readFileSync(new URL('../fixtures/pillow.json', import.meta.url), 'utf8')) as {
  decoded: { name: string; file: string; size: [number, number]; data: string }[];
};
const files = decoded.filter(({ name }) => name.includes('PNG'));

test.each(files)("$name gives Pillow's bytes", async ({ file, size, data }) => {
  const picture = await decodePng(Uint8Array.from(Buffer.from(file, 'base64')));
  expect([picture.width, picture.height]).toEqual(size);
  expect(Buffer.from(picture.data).toString('base64')).toBe(data);
});

const rng = Rng.of(seed, 'png');

function noise(width: number, height: number, channels: 1 | 2 | 3 | 4, depth: 'uchar' | 'ushort'): Sharp {
  const length = width * height * channels;
  const raw = { width, height, channels };
  if (depth === 'uchar')
    return sharp(
      Uint8Array.from({ length }, () => rng.int(256)),
      { raw },
    );
  return sharp(
    Uint16Array.from({ length }, () => rng.int(65_536)),
    { raw },
  ).toColourspace(channels < 3 ? 'grey16' : 'rgb16');
}

describe('the same bytes as the decoder of Node', () => {
  const kinds = ([1, 2, 3, 4] as const).flatMap((channels) =>
    (['uchar', 'ushort'] as const).flatMap((depth) =>
      [false, true].map((progressive) => ({ channels, depth, progressive })),
    ),
  );
  test.each(kinds)('$channels channels of $depth, interlaced: $progressive', async (kind) => {
    for (const [width, height] of [
      [1, 1],
      [3, 2],
      [13, 9],
      [40, 33],
    ]) {
      const bytes = await noise(width, height, kind.channels, kind.depth)
        .png({ progressive: kind.progressive })
        .toBuffer();
      const ours = await decodePng(bytes);
      expect(ours).toEqual({ ...withChannels(await bySharp(bytes), 3), data: ours.data });
      expect(Buffer.from(ours.data).equals(withChannels(await bySharp(bytes), 3).data)).toBe(true);
    }
  });

  test.each([2, 4, 16, 256])('a palette of %i colours, interlaced or not', async (colours) => {
    for (const progressive of [false, true]) {
      const bytes = await noise(21, 17, 4, 'uchar').png({ palette: true, colours, progressive }).toBuffer();
      const { data } = await decodePng(bytes);
      expect(Buffer.from(data).equals(withChannels(await bySharp(bytes), 3).data)).toBe(true);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('turned by orientation %i', async (orientation) => {
    const bytes = await noise(7, 5, 3, 'uchar').withMetadata({ orientation }).png().toBuffer();
    const [ours, theirs] = [await decodePng(bytes), await bySharp(bytes)];
    expect([ours.width, ours.height]).toEqual([theirs.width, theirs.height]);
    expect([...ours.data]).toEqual([...theirs.data]);
  });
});

describe('what is no good', () => {
  const refused = (bytes: Uint8Array): Promise<string> =>
    decodePng(bytes).then(
      () => 'read',
      (error: unknown) => String(error),
    );

  test('every cut before the end of the pixels, and every damaged byte of them', async () => {
    const bytes = await noise(9, 9, 3, 'uchar').png().toBuffer();
    const end = bytes.indexOf('IEND') - 4;
    for (let cut = 9; cut < end; cut++) expect(await refused(bytes.subarray(0, cut))).not.toBe('read');
    for (let at = bytes.indexOf('IDAT'); at < end; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0x20;
      expect(await refused(damaged), `byte ${at}`).toMatch(/damaged/);
    }
  });

  test('a picture that claims more than its bytes can hold takes no memory; what follows the pixels is not unpacked', async () => {
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const body = Buffer.concat([Buffer.from(type), data]);
      const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(data.length);
      crc.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, crc]);
    };
    const png = (side: number, pixels: Uint8Array): Buffer => {
      const header = Buffer.alloc(13);
      header.writeUInt32BE(side, 0);
      header.writeUInt32BE(side, 4);
      header.set([8, 2], 8);
      const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
      return Buffer.concat([
        signature,
        chunk('IHDR', header),
        chunk('IDAT', pixels),
        chunk('IEND', Buffer.alloc(0)),
      ]);
    };
    expect(await refused(png(14_000, Buffer.alloc(9)))).toMatch(/it is truncated or damaged/);
    expect(await refused(png(20_000, Buffer.alloc(9)))).toMatch(/more than maxPixels/);
    const bomb = await decodePng(png(16, deflateSync(Buffer.alloc(2 ** 26))));
    expect(bomb.data.every((value) => value === 0)).toBe(true);
  });
});
