import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A small file that wants more of a decoder than a picture may, made here, and what is said of it. */
export interface HostilePicture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly reason: RegExp;
}

const tooLarge = (size: string): RegExp =>
  new RegExp(`it is ${size} pixels \\([\\d.]+ million\\), more than maxPixels, 200 million: raise it`);

/** What no picture of default limits may be. Every file has less than 100 KB. */
export async function hostilePictures(): Promise<HostilePicture[]> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9999" height="9999"><filter id="f"><feTurbulence numOctaves="99"/></filter><rect width="100%" height="100%" filter="url(#f)"/></svg>`;
  const avif = await flat(64, 64).avif({ effort: 0 }).toBuffer();
  const jpeg = await flat(16, 16).jpeg().toBuffer();
  const webp = await flat(16, 16).webp({ lossless: true }).toBuffer();
  return [
    { name: 'webp-34-bytes', bytes: largeWebp(webp, 16_383), reason: tooLarge('16383×16383') },
    { name: 'png-30-kilobytes', bytes: blackPng(16_383, 16_383), reason: tooLarge('16383×16383') },
    { name: 'png-wide', bytes: png(1_000_000, 201, Buffer.alloc(9)), reason: tooLarge('1000000×201') },
    {
      name: 'png-claims',
      bytes: png(2 ** 31 - 1, 2 ** 31 - 1, Buffer.alloc(9)),
      reason: /its header is damaged/,
    },
    { name: 'jpeg-65500', bytes: largeJpeg(jpeg, 65_500), reason: tooLarge('65500×65500') },
    { name: 'jpeg-scans', bytes: manyScans(4096, 4096, 1500), reason: /it has more than 1192 scans/ },
    { name: 'gif-frame', bytes: gif(65_535, 65_535), reason: tooLarge('65535×65535') },
    { name: 'tiff-65000', bytes: tiff({ width: 65_000, height: 65_000 }), reason: tooLarge('65000×65000') },
    {
      name: 'tiff-cut',
      bytes: tiff({ width: 14_000, height: 14_000 }),
      reason: /it is truncated or damaged/,
    },
    {
      name: 'tiff-tile',
      bytes: tiff({ width: 16, height: 16, tile: 65_536 }),
      reason: /its header is damaged/,
    },
    {
      name: 'tiff-samples',
      bytes: tiff({ width: 16, height: 16, samples: 65_535 }),
      reason: /its header is damaged/,
    },
    { name: 'avif-60000', bytes: sizedAvif(avif, 60_000), reason: tooLarge('60000×60000') },
    {
      name: 'avif-larger-inside',
      bytes: sizedAvif(avif, 16),
      reason: /the picture in it has another size than its header says/,
    },
    { name: 'avif-smaller-inside', bytes: sizedAvif(avif, 14_000), reason: /it is / },
    { name: 'bmp-30000', bytes: bmp(30_000, 30_000), reason: tooLarge('30000×30000') },
    { name: 'ppm-99999', bytes: Buffer.from('P6\n99999 99999\n255\n'), reason: tooLarge('99999×99999') },
    { name: 'ppm-cut', bytes: Buffer.from('P6\n14000 14000\n255\n'), reason: /it is truncated/ },
    { name: 'svg', bytes: Buffer.from(svg), reason: /it is an SVG drawing, expected JPEG, PNG/ },
    {
      name: 'svg-as-gif',
      bytes: Buffer.from(`GIF89aAAAAAAAAAAAAAAAAAAAA${svg}`),
      reason: /it is damaged|its header/,
    },
    {
      name: 'svg-as-avif',
      bytes: Buffer.from(`\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf${svg}`, 'latin1'),
      reason: /its header is damaged|it is /,
    },
    {
      name: 'svg-as-tiff',
      bytes: Buffer.from(`II*\0${svg}`, 'latin1'),
      reason: /its header is damaged|known format/,
    },
    { name: 'pdf', bytes: Buffer.from('%PDF-1.7\n1 0 obj\n'), reason: /it is a PDF/ },
    { name: 'postscript', bytes: Buffer.from('%!PS-Adobe-3.0 EPSF-3.0\n{} loop\n'), reason: /known format/ },
    { name: 'fits', bytes: Buffer.from('SIMPLE  =                    T'.padEnd(80)), reason: /known format/ },
    { name: 'exr', bytes: Buffer.from('\x76\x2f\x31\x01\x02\0\0\0', 'latin1'), reason: /known format/ },
    {
      name: 'radiance',
      bytes: Buffer.from('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n'),
      reason: /known format/,
    },
    {
      name: 'vips',
      bytes: Buffer.from('\xb6\xa6\xf2\x08'.padEnd(64, '\0'), 'latin1'),
      reason: /known format/,
    },
  ];
}

/** Files with little in them that matters and much beside it: they are read, and cost no more than others. */
export async function burdenedPictures(): Promise<Omit<HostilePicture, 'reason'>[]> {
  const bomb = deflateSync(Buffer.alloc(2 ** 26, 'a'), { level: 9 });
  const rows = Buffer.alloc(16 * 49);
  const beside = (type: string, head: string): Uint8Array =>
    png(16, 16, rows, chunk(type, Buffer.concat([Buffer.from(head, 'latin1'), bomb])));
  const jpeg = await flat(16, 16).jpeg().toBuffer();
  const comment = Buffer.alloc(65_537);
  comment.set([0xff, 0xfe, 0xff, 0xff]);
  return [
    { name: 'png-ztxt', bytes: beside('zTXt', 'k\0\0') },
    { name: 'png-itxt', bytes: beside('iTXt', 'k\0\x01\0\0\0') },
    { name: 'png-iccp', bytes: beside('iCCP', 'k\0\0') },
    { name: 'png-more-pixels', bytes: png(16, 16, Buffer.alloc(2 ** 26)) },
    { name: 'jpeg-comment', bytes: Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]) },
  ];
}

function flat(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: '#123456' } });
}

/** The header alone says how large it is: what follows is one colour, of any number of pixels. */
function largeWebp(webp: Uint8Array, side: number): Uint8Array {
  const bytes = Buffer.from(webp);
  const at = bytes.indexOf('VP8L') + 9;
  const flags = bytes.readUInt32LE(at) & ~(2 ** 28 - 1);
  bytes.writeUInt32LE((flags | (side - 1) | ((side - 1) << 14)) >>> 0, at);
  return bytes;
}

function largeJpeg(jpeg: Uint8Array, side: number): Uint8Array {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(side, at + 5);
  bytes.writeUInt16BE(side, at + 7);
  return bytes;
}

function sizedAvif(avif: Uint8Array, side: number): Uint8Array {
  const bytes = Buffer.from(avif);
  const at = bytes.indexOf('ispe');
  bytes.writeUInt32BE(side, at + 8);
  bytes.writeUInt32BE(side, at + 12);
  return bytes;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

/** RGB of 8 bits. */
export function png(
  width: number,
  height: number,
  raster: Uint8Array,
  beside: Uint8Array = new Uint8Array(),
  kind = [8, 2],
): Uint8Array {
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([...kind, 0, 0, 0])]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    beside,
    chunk('IDAT', deflateSync(raster, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** A bit a pixel. */
function blackPng(width: number, height: number): Uint8Array {
  return png(width, height, Buffer.alloc((Math.ceil(width / 8) + 1) * height), new Uint8Array(), [1, 0]);
}

function segment(marker: number, ...body: readonly number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
}

/** A grey progressive picture in which every further scan is a run of empty blocks: some bytes for all pixels. */
export function manyScans(width: number, height: number, scans: number): Uint8Array {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const zeros = new Array<number>(15).fill(0);
  const head = [
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(1)),
    ...segment(0xc2, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0),
    // One code each, of one bit: no difference, and 2¹⁴ + fourteen bits of blocks without coefficients.
    ...segment(0xc4, 0x00, 1, ...zeros, 0),
    ...segment(0xc4, 0x10, 1, ...zeros, 0xe0),
    ...segment(0xda, 1, 1, 0, 0, 0, 0),
  ];
  let bits = '';
  for (let left = blocks; left > 0; left -= 2 ** 14) bits += '0'.repeat(15);
  const run = new Array<number>(Math.ceil(bits.length / 8)).fill(0);
  const scan = Buffer.from([...segment(0xda, 1, 1, 0, 1, 63, 0), ...run]);
  return Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(Math.ceil(blocks / 8)),
    ...new Array<Buffer>(scans - 1).fill(scan),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function gif(width: number, height: number): Uint8Array {
  const size = (value: number): number[] => [value & 255, value >> 8];
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...[1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255],
    ...[0x2c, 0, 0, 0, 0, ...size(width), ...size(height), 0, 2, 2, 0x44, 1, 0, 0x3b],
  ]);
}

/** Grey of 8 bits, in one strip of 256 bytes or in tiles. */
function tiff({
  width,
  height,
  samples = 1,
  tile,
}: {
  readonly width: number;
  readonly height: number;
  readonly samples?: number;
  readonly tile?: number;
}): Uint8Array {
  const where =
    tile === undefined
      ? [
          [273, 0],
          [278, height],
          [279, 256],
        ]
      : [
          [322, tile],
          [323, tile],
          [324, 0],
          [325, 256],
        ];
  const entries = [[256, width], [257, height], [258, 8], [259, 1], [262, 1], [277, samples], ...where].sort(
    ([a], [b]) => a - b,
  );
  const bytes = Buffer.alloc(8 + 2 + 12 * entries.length + 4 + 256);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  for (const [n, [tag, value]] of entries.entries()) {
    const at = 10 + 12 * n;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(4, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(tag === 273 || tag === 324 ? bytes.length - 256 : value, at + 8);
  }
  return bytes;
}

function bmp(width: number, height: number): Uint8Array {
  const bytes = Buffer.alloc(64);
  bytes.write('BM');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
