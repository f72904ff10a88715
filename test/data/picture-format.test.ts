import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { loadPicture } from '../../src/node/data/decode.ts';
import { otherFormatOf, pictureFormatOf, pictureFormats } from '../../src/data/picture-format.ts';
import { drawing, temporaryFolder, writeBytes } from '../node/data/support/sources.ts';
import { join } from 'node:path';

const folder = temporaryFolder();
afterAll(folder.remove);

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
const head = (text: string, length = 64): Uint8Array => Buffer.from(text.padEnd(length, '\0'), 'latin1');

describe('pictures are told by their bytes', () => {
  const written = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
  test.each(written)('%s', async (format) => {
    expect(pictureFormatOf(await drawing([9, 8, 7]).toFormat(format).toBuffer())).toBe(format);
  });

  test('sharp writes all but BMP and PPM', () => {
    expect(pictureFormats.map(({ name }) => name)).toEqual([...written, 'bmp', 'ppm']);
  });

  test.each([
    ['a picture format of ISO media by a compatible brand', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf', 'avif'],
    ['HEIC, which is not read', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', undefined],
    ['TIFF in either order', 'MM\0*', 'tiff'],
    ['BMP', 'BM\xff\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'bmp'],
    ['text that begins with BM', 'BMW and other cars are', undefined],
    ['PPM', 'P6\n2 2\n255\n', 'ppm'],
    ['text that begins with P6', 'P6a', undefined],
    ['another RIFF', 'RIFF\x24\0\0\0WAVEfmt ', undefined],
    ['the beginning of one', '\xff\xd8', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, expected) => {
    expect(pictureFormatOf(head(text, text.length))).toBe(expected);
  });

  test.each([
    [svg, 'an SVG drawing'],
    [`\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n${svg}`, 'an SVG drawing'],
    [`<!DOCTYPE html><html><body>${svg}</body></html>`, 'an HTML page'],
    ['%PDF-1.7\n', 'a PDF'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'a JPEG 2000'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'a HEIC'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /^a pointer of Git LFS/],
    ['no picture', undefined],
    ['<note>an svgalib manual</note>', undefined],
  ])('what is none is called by its name: %j', (text, expected) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(pictureFormatOf(bytes)).toBeUndefined();
    if (expected === undefined) expect(otherFormatOf(bytes)).toBeUndefined();
    else expect(otherFormatOf(bytes)).toMatch(expected);
  });
});

describe('a drawing is not rendered under the name of a photo', () => {
  test.each([
    ['SVG', Buffer.from(svg), /it is an SVG drawing, expected JPEG, PNG/],
    ['SVG after a comment', Buffer.from(`<!-- ${' '.repeat(200)} -->\n${svg}`), /it is an SVG drawing/],
    ['SVG, zipped', gzipSync(svg), /it is compressed by gzip/],
    // libvips believes neither of such a box nor of such a header, and would look for <svg.
    ['SVG behind what looks like AVIF', Buffer.from(`AAAAftypavif    avifmif1${svg}`), /it is|known format/],
    ['SVG behind what looks like WebP', Buffer.from(`RIFFAAAAWEBPVP8         ${svg}`), /cannot read/],
    ['SVG behind what looks like GIF', Buffer.from(`GIF89aAAAAAAAAAAAAAAAAAAAA${svg}`), /cannot read/],
  ])('%s', async (name, bytes, reason) => {
    const path = join(folder.path, `${name}.jpg`);
    writeBytes(path, bytes);
    await expect(loadPicture(path)).rejects.toThrow(reason);
    await expect(loadPicture(bytes)).rejects.toThrow(reason);
  });
});
